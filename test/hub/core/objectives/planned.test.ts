import { expect, it } from "vitest";
import { isPlanned } from "../../../../hub/core/objectives/planned.ts";

const during =
  (...targets: string[]) =>
  (objective: string) =>
    isPlanned(objective, {
      machines: ["mainpc", "pc2"],
      placesOf: (name) => (name === "Twin" ? ["mainpc", "pc2"] : name === "Tutor" ? ["pc2", "pc2"] : undefined),
      covers: (target) => targets.includes(target) || targets.includes(target.split("/", 1)[0] ?? ""),
    });

it("work on a service, on its home, or on the machine that it acts on is planned, work on another is not", () => {
  expect(["mainpc/Twin", "mainpc", "pc2"].map((target) => during(target)("Twin"))).toEqual([true, true, true]);
  expect(["mainpc/Twin", "mainpc"].map((target) => during(target)("Tutor"))).toEqual([false, false]);
  expect(during("mainpc")("Nobody")).toBe(false);
});

it("of the pair nothing is planned while one machine is worked on, since the other one is there for it", () => {
  expect([during("mainpc")("pair"), during("pc2")("pair"), during("mainpc", "pc2")("pair")]).toEqual([
    false,
    false,
    true,
  ]);
});
