import { describe, expect, it } from "vitest";
import { extrasOf } from "./images.ts";

describe("the images that a lab is asked for", () => {
  it("are named with a comma between them, or not at all", () => {
    expect(extrasOf("")).toEqual([]);
    expect(extrasOf("keepalived")).toEqual(["keepalived"]);
    expect(extrasOf("prometheus,keepalived")).toEqual(["prometheus", "keepalived"]);
  });

  it("are refused by name when the lab cannot make them", () => {
    expect(() => extrasOf("prometheus,grafana")).toThrow("The lab makes no image of grafana");
  });
});
