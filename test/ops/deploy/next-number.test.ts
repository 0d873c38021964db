import { describe, expect, it } from "vitest";
import { nextNumber } from "../../../ops/deploy/next-number.ts";
import type { Place } from "../../../ops/deploy/place.ts";

const knows = (last: number, name = "pc2") => {
  const stack = { site: { paths: { data: "/srv/tandem" } } };
  return { place: { name, stack } as unknown as Place, last }; // all that is read
};

describe("the number of a deployment", () => {
  it("is above all that any machine and this computer know of", () => {
    expect(nextNumber([], 0)).toBe(1);
    expect(nextNumber([knows(0), knows(0, "mainpc")], 0)).toBe(1);
    expect(nextNumber([knows(7), knows(3, "mainpc")], 5)).toBe(8);
    expect(nextNumber([knows(7)], 9)).toBe(10);
  });

  it("follows a machine up to 1000 beyond what anybody else knows of, and no further", () => {
    expect(nextNumber([knows(4), knows(1_004, "mainpc")], 0)).toBe(1_005);
    expect(nextNumber([knows(4), knows(2_000, "mainpc")], 1_000)).toBe(2_001);
    expect(() => nextNumber([knows(4), knows(1_005, "mainpc")], 0)).toThrow(
      expect.objectContaining({
        code: "deploy.number",
        message: "mainpc says that it knows of deployment 1005, and nobody else knows of one above 4",
        next: expect.stringContaining("/srv/tandem/deployments/last"),
      }),
    );
    expect(() => nextNumber([knows(1_002)], 1)).toThrow("pc2 says");
  });

  it("of a machine that answers alone to a computer that knows nothing is believed up to 100000", () => {
    expect(nextNumber([knows(100_000)], 0)).toBe(100_001);
    expect(() => nextNumber([knows(100_001)], 0)).toThrow("pc2 says");
  });
});
