import { describe, expect, it } from "vitest";
import type { Table } from "../../../../hub/core/failover/messages.ts";
import { digestTable } from "../../../../hub/core/failover/table.ts";
import { exchanged, Pair, single, tolerant } from "./pair.ts";

const services = [single, tolerant];
const now = services.map(exchanged);
const names = services.map(({ name }) => name);
const empty = { table: {}, blank: false };

// What acts for the single writer is checked at each tick.
describe("a service whose home and standby change places in the configuration", () => {
  for (const witness of [true, false])
    for (const [first, second] of [
      ["pc2", "mainpc"],
      ["mainpc", "pc2"],
    ] as const)
      it(`acts where it did until both are deployed, and goes to its new home once, ${witness ? "with" : "without"} a witness, ${first} first`, () => {
        const pair = new Pair(services, witness).run(5_000);
        pair.kill(first, true).run(300).start(first, { services: now }).run(60_000);
        for (const name of names) expect(pair.acts(name)).toEqual(["mainpc"]);
        expect(pair.story).toEqual([]);
        pair.kill(second, true).run(300).start(second, { services: now }).run(20_000);
        for (const name of names) {
          expect(pair.acts(name)).toEqual(["pc2"]);
          expect(pair.view("mainpc", name)).toMatchObject({ state: "home", epoch: 1 });
        }
        expect(pair.story).toHaveLength(2);
      });

  for (const witness of [true, false])
    it(`has one owner although neither table says anything of it, and the two configurations differ, ${witness ? "with" : "without"} a witness`, () => {
      for (const pair of [new Pair(services, witness, empty, now), new Pair(now, witness, empty, services)]) {
        pair.run(30_000);
        for (const name of names) expect(pair.acts(name)).toEqual(["pc2"]);
        expect(pair.digest("mainpc")).toBe(pair.digest("pc2"));
        expect(pair.story).toEqual([]);
      }
    });

  it("goes home after a takeover, though an operator had once moved it to where its home is now", () => {
    const pair = new Pair([tolerant]).run(5_000).order("mainpc", { kind: "switchover", service: "Reader" }).run(1_000);
    for (const machine of ["mainpc", "pc2"] as const)
      pair.kill(machine, true).start(machine, { services: [exchanged(tolerant)] });
    expect(pair.run(5_000).view("pc2", "Reader")).toMatchObject({ state: "home", owner: "pc2" });
    pair.kill("pc2").run(5_000);
    expect(pair.acts("Reader")).toEqual(["mainpc"]);
    expect(pair.start("pc2").run(10_000).acts("Reader")).toEqual(["pc2"]);
  });

  it("that had never moved has no lower epoch than its router knows", () => {
    for (const witness of [true, false]) {
      const pair = new Pair(now, witness).run(5_000);
      for (const machine of ["pc2", "mainpc"] as const) {
        pair.kill(machine, true).run(300).start(machine, { services });
        for (let ticks = 0; ticks < 100; ticks++) {
          for (const name of names) expect(pair.route("pc2", name)?.epoch).not.toBe(0);
          pair.run(50);
        }
      }
      pair.run(20_000);
      for (const name of names) expect(pair.acts(name)).toEqual(["mainpc"]);
    }
  });
});

it("a hub of the version before, which would take a first epoch for a move, is told none that it has not said, and voted with as it counts", () => {
  const pair = new Pair(services).run(5_000);
  const firsts = { Reader: { epoch: 0, released: false }, Writer: { epoch: 0, released: false } };
  expect(pair.word("mainpc").table).toEqual(firsts);
  const older = { v: 1 as const, table: {}, blank: false, acts: [], asks: [], givenUp: [] };
  const tables: Table[] = [{}, { Reader: firsts.Reader }];
  for (const table of tables) {
    pair.kill("pc2", true).tell("mainpc", { type: "word", word: { ...older, table } });
    expect(pair.word("mainpc").table).toEqual(table);
    expect(pair.digest("mainpc")).toBe(digestTable(table));
  }
  pair.tell("mainpc", { type: "word", word: { ...older, homes: [] } });
  expect(pair.word("mainpc").table).toEqual(firsts);
  expect(pair.digest("mainpc")).toBe(digestTable(firsts));
});
