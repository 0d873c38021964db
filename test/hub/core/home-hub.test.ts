import { describe, expect, it } from "vitest";
import { homeHubOf, homeHubOfAgent, machinesOf } from "../../../hub/core/home-hub.ts";

const satellites = [
  { name: "nas", watchedBy: "pc2" },
  { name: "pi", watchedBy: "mainpc" },
];

describe("the home hub", () => {
  it("of a machine of the pair is its own, of a satellite the one that watches it", () => {
    expect(["mainpc", "pc2", "nas", "pi"].map((machine) => homeHubOf(machine, satellites))).toEqual([
      "mainpc",
      "pc2",
      "pc2",
      "mainpc",
    ]);
  });

  it("of an agent is that of its machine, also where one machine's name begins with another's", () => {
    expect(homeHubOfAgent("nas/Archive", satellites)).toBe("pc2");
    expect(homeHubOfAgent("nas2/Archive", satellites)).toBe("nas2");
    expect(homeHubOfAgent("Archive", satellites)).toBe("");
  });

  it("looks after its own machine first and then after its satellites; each machine has one", () => {
    expect(machinesOf("pc2", satellites)).toEqual(["pc2", "nas"]);
    expect(machinesOf("pc2", [])).toEqual(["pc2"]);
    const all = ["mainpc", "pc2"].flatMap((hub) => machinesOf(hub, satellites));
    expect(all.toSorted()).toEqual(["mainpc", "nas", "pc2", "pi"]);
  });
});
