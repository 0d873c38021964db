import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OperatorError } from "../../ops/error.ts";
import { chooseSubnet, hostIn } from "./subnet.ts";

const all = Array.from({ length: 64 }, (_, index) => `10.213.${index}.0/24`);

describe("the subnet of a lab", () => {
  it("is the first of 64 that no network overlaps", () => {
    expect(chooseSubnet([])).toBe("10.213.0.0/24");
    expect(chooseSubnet(["172.17.0.0/16", "192.168.1.5/24", "fd00::1/64"])).toBe("10.213.0.0/24");
    expect(chooseSubnet(["10.213.0.0/24", "10.213.1.77/32"])).toBe("10.213.2.0/24");
  });

  it("keeps clear of a network that holds some of the 64", () => {
    expect(chooseSubnet(["10.213.0.1/19"])).toBe("10.213.32.0/24");
  });

  it("is refused with what to do when all 64 are taken", () => {
    for (const taken of [all, ["10.0.0.0/8"], ["0.0.0.0/0"]]) {
      expect(() => chooseSubnet(taken)).toThrow(OperatorError);
      expect(() => chooseSubnet(taken)).toThrow("All 64 networks from 10.213.0.0/24 to 10.213.63.0/24 overlap");
    }
  });

  it("is none of the subnets that are taken already, whichever they are", () => {
    fc.assert(
      fc.property(fc.subarray(all, { maxLength: 63 }), (taken) => {
        expect(taken).not.toContain(chooseSubnet(taken));
      }),
    );
  });

  it("holds its hosts", () => {
    expect(hostIn("10.213.4.0/24", 20)).toBe("10.213.4.20");
  });
});
