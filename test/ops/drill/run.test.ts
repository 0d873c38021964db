import { afterEach, beforeEach, expect, it } from "vitest";
import { runDrill } from "../../../ops/drill/run.ts";
import { scenarios } from "../../../ops/drill/scenarios.ts";
import { FakePair } from "../deploy/fake-pair.ts";

let pair: FakePair;
beforeEach(async () => {
  pair = await FakePair.start();
});
afterEach(() => pair.stop());

const freeze = scenarios.filter(({ name }) => name === "hub-freeze");

it("a freeze of 60 s that is ended by its operator is thawed at once, and counts as no fault", async () => {
  const end = new AbortController();
  const deeds: string[] = [];
  const drilled = await runDrill(
    {
      name: "a pair",
      hubs: new Map([
        ["mainpc", `http://127.0.0.1:${pair.ports.mainpc}`],
        ["pc2", `http://127.0.0.1:${pair.ports.pc2}`],
      ]),
      staysDead: undefined,
      crash: () => expect.unreachable(),
      async freeze(machine, parts, holdMs) {
        deeds.push(`freeze ${parts} of ${machine} for ${holdMs} ms`);
        queueMicrotask(() => end.abort());
        return async () => void deeds.push("thaw");
      },
      lock: () => expect.unreachable(),
      keep: () => expect.unreachable(),
      give: [],
      reports: "",
    },
    {
      scenarios: freeze,
      machines: ["pc2"],
      rounds: 1,
      holdMs: 60_000,
      signal: end.signal,
      say: () => {},
      onPlayed: () => expect.unreachable(),
      announce: async () => {},
    },
  );
  expect(deeds).toEqual(["freeze hub of pc2 for 60000 ms", "thaw"]);
  expect(drilled).toEqual({ played: [], why: undefined });
});
