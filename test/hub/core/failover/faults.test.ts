import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exchanged, Pair, single, tolerant } from "./pair.ts";

type Name = "mainpc" | "pc2";
const names: Name[] = ["mainpc", "pc2"];
const machine = fc.constantFrom(...names);
const health = fc.constantFrom("healthy" as const, "unhealthy" as const);
const ms = fc.constantFrom(50, 300, 1_900, 2_500, 6_000);

const services = [single, tolerant];
/** As another configuration has them, on one machine or on both. */
const now = services.map(exchanged);

/** What may happen to a pair; what makes no sense at that moment does nothing. */
const fault = fc.oneof(
  ms.map((long) => (pair: Pair) => pair.run(long)),
  ms.map((long) => (pair: Pair) => pair.run(long)),
  machine.map((name) => (pair: Pair) => pair.runs(name) && pair.kill(name)),
  machine.map((name) => (pair: Pair) => pair.runs(name) && pair.kill(name, true)),
  fc.tuple(machine, fc.boolean()).map(
    ([name, blank]) =>
      (pair: Pair) =>
        !pair.runs(name) && pair.start(name, { blank }),
  ),
  machine.map((name) => (pair: Pair) => pair.runs(name) && pair.replace(name)),
  fc.tuple(machine, fc.constantFrom(services, now)).map(
    ([name, own]) =>
      (pair: Pair) =>
        pair.runs(name) && pair.kill(name, true).start(name, { services: own }),
  ),
  fc.constantFrom<Name[]>(["mainpc"], ["pc2"], []).map((deaf) => (pair: Pair) => pair.part(...deaf)),
  fc.constant((pair: Pair) => pair.heal()),
  machine.map((name) => (pair: Pair) => pair.runs(name) && pair.tell(name, { type: "slept", ms: 60_000 })),
  fc.boolean().map((answers) => (pair: Pair) => {
    pair.witnessAnswers = answers;
  }),
  fc.boolean().map((reaches) => (pair: Pair) => {
    pair.witnessAnswersAreLost = !reaches;
  }),
  fc.tuple(machine, health).map(
    ([name, value]) =>
      (pair: Pair) =>
        pair.runs(name) && pair.turns(`${name}/Writer`, value),
  ),
  machine.map((name) => (pair: Pair) => pair.runs(name) && pair.order(name, { kind: "switchover", service: "Writer" })),
  fc.tuple(machine, fc.boolean()).map(
    ([name, works]) =>
      (pair: Pair) =>
        pair.mendDisk(name, works),
  ),
);

describe("whatever happens to a pair", () => {
  for (const witness of [true, false])
    it(`never do two act for a single writer, and in the end all is equal and at home, ${witness ? "with" : "without"} a witness`, () => {
      fc.assert(
        fc.property(fc.array(fault, { minLength: 3, maxLength: 15 }), (faults) => {
          // The test of each tick throws where two act.
          const pair = new Pair(services, witness).run(1_000);
          for (const happens of faults) {
            happens(pair);
            pair.run(50);
          }
          pair.mendAll().run(45_000);
          expect(pair.digest("mainpc")).not.toBe("");
          expect(pair.digest("mainpc")).toBe(pair.digest("pc2"));
          for (const service of ["Writer", "Reader"]) {
            const { state, owner } = pair.view("mainpc", service);
            const stays = pair.word("mainpc").table[service]?.stays && owner === "pc2";
            expect({ service, state, acts: pair.acts(service) }).toEqual(
              stays ? { service, state: "away", acts: ["pc2"] } : { service, state: "home", acts: ["mainpc"] },
            );
          }
        }),
        { numRuns: 40 },
      );
    }, 120_000);
});
