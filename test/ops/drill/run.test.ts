import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type DrillOptions, runDrill } from "../../../ops/drill/run.ts";
import { scenarios } from "../../../ops/drill/scenarios.ts";
import type { DrillSite } from "../../../ops/drill/site.ts";
import { pushTokenVariable } from "../../../ops/site/push-token.ts";
import { FakePair } from "../deploy/fake-pair.ts";

let pair: FakePair;
beforeEach(async () => {
  pair = await FakePair.start();
});
afterEach(() => {
  vi.unstubAllEnvs();
  pair.stop();
});

const freeze = scenarios.filter(({ name }) => name === "hub-freeze");

const siteWith = (freeze: DrillSite["freeze"]): DrillSite => ({
  name: "a pair",
  hubs: new Map([
    ["mainpc", `http://127.0.0.1:${pair.ports.mainpc}`],
    ["pc2", `http://127.0.0.1:${pair.ports.pc2}`],
  ]),
  staysDead: undefined,
  crash: () => expect.unreachable(),
  freeze,
  lock: () => expect.unreachable(),
  keep: () => expect.unreachable(),
  give: [],
  reports: "",
});

const options = (signal: AbortSignal): DrillOptions => ({
  scenarios: freeze,
  machines: ["pc2"],
  rounds: 1,
  holdMs: 60_000,
  signal,
  say: () => {},
  onPlayed: () => expect.unreachable(),
  announce: async () => {},
});

it("a freeze of 60 s that is ended by its operator is thawed at once, and counts as no fault", async () => {
  const end = new AbortController();
  const deeds: string[] = [];
  const site = siteWith(async (machine, parts, holdMs) => {
    deeds.push(`freeze ${parts} of ${machine} for ${holdMs} ms`);
    queueMicrotask(() => end.abort());
    return async () => void deeds.push("thaw");
  });
  const drilled = await runDrill(site, options(end.signal));
  expect(deeds).toEqual(["freeze hub of pc2 for 60000 ms", "thaw"]);
  expect(drilled).toEqual({ played: [], why: undefined });
});

it.each([401, 403, 429])(
  "where a hub answers %i to a push, nothing is broken, and the token's file is named",
  async (status) => {
    pair.refusal = { status, body: "a push needs a token" };
    const drilled = runDrill(
      siteWith(() => expect.unreachable()),
      options(new AbortController().signal),
    );
    await expect(drilled).rejects.toMatchObject({
      code: "push-token.refused",
      message: expect.stringContaining(`${status} a push needs a token`),
      next: expect.stringContaining(pushTokenVariable),
    });
  },
);

it("a token's file that cannot be read is said before anything is broken", async () => {
  vi.stubEnv(pushTokenVariable, "/nowhere/push.token");
  const drilled = runDrill(
    siteWith(() => expect.unreachable()),
    options(new AbortController().signal),
  );
  await expect(drilled).rejects.toThrow(/\/nowhere\/push\.token: ENOENT/);
});
