import { describe, expect, it } from "vitest";
import { z } from "zod";
import { FleetView, HubEvent } from "../../../hub/http/api.ts";
import type { Operation } from "../../../hub/http/operations/operation.ts";
import { operations } from "../../../hub/http/operations/table.ts";
import { parseAnswer, safeParseAnswer } from "../../../ops/client/answer.ts";
import { fleetView } from "../../hub/page/fixture.ts";

describe("an answer", () => {
  it("of a newer hub is read without what is not known yet, however deep that stands", () => {
    const Deep = z.strictObject({
      list: z.array(z.strictObject({ a: z.number() }).nullable()),
      byName: z.record(z.string(), z.strictObject({ b: z.string().optional() })),
      pair: z.tuple([z.strictObject({ c: z.number().default(3) }), z.boolean()]),
      told: z.discriminatedUnion("is", [
        z.strictObject({ is: z.literal("x"), d: z.number() }),
        z.strictObject({ is: z.literal("y") }),
      ]),
    });
    const more = {
      list: [{ a: 1, z: 1 }, null],
      byName: { n: { z: 1 } },
      pair: [{ z: 1 }, true],
      told: { is: "x", d: 4, z: 1 },
      z: 1,
    };
    const read = { list: [{ a: 1 }, null], byName: { n: {} }, pair: [{ c: 3 }, true], told: { is: "x", d: 4 } };
    expect(parseAnswer(Deep, more)).toEqual(read);
    expect(Deep.safeParse(more).success).toBe(false);
  });

  it("of a fleet and of an event with fields that are new is one", () => {
    const fleet = fleetView("mainpc");
    const machines = Object.fromEntries(
      Object.entries(fleet.machines).map(([name, one]) => [name, { ...one, new: 1 }]),
    );
    const newer = { ...fleet, new: { deep: 1 }, sync: { ...fleet.sync, new: 1 }, machines };
    expect(parseAnswer(FleetView, newer)).toEqual(FleetView.parse(fleet));
    expect(safeParseAnswer(HubEvent, { type: "fleet", fleet: newer }).success).toBe(true);
  });

  it("that lacks something, or has it of another kind, is none; checks hold as before", () => {
    expect(safeParseAnswer(FleetView, { unknown: true }).success).toBe(false);
    const Even = z.strictObject({ n: z.number().refine((n) => n % 2 === 0) }).refine(({ n }) => n !== 4);
    expect([2, 3, 4].map((n) => safeParseAnswer(Even, { n, new: 1 }).success)).toEqual([true, false, false]);
    expect(() => parseAnswer(Even, { new: 1 })).toThrow(z.ZodError);
  });

  it("is of the kind that fits as it stands, before one that fits when something is left out", () => {
    const Either = z.union([z.strictObject({ a: z.number() }), z.strictObject({ a: z.number(), b: z.number() })]);
    expect(parseAnswer(Either, { a: 1, b: 2 })).toEqual({ a: 1, b: 2 });
  });

  it("has a loose schema in every operation", () => {
    for (const { answers } of Object.values<Operation>(operations))
      for (const { json } of Object.values(answers))
        if (json !== undefined) expect(() => safeParseAnswer(json, {})).not.toThrow();
  });
});
