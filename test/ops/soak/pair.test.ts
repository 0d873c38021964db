import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { pushTokenVariable } from "../../../ops/site/push-token.ts";
import { findPair } from "../../../ops/soak/pair.ts";
import type { RunningTarget } from "../../../ops/soak/target.ts";
import { FakePair } from "../deploy/fake-pair.ts";

let pair: FakePair;
beforeEach(async () => {
  pair = await FakePair.start();
});
afterEach(() => {
  vi.unstubAllEnvs();
  pair.stop();
});

const target = (): RunningTarget => ({
  kind: "hubs",
  stacks: null,
  hubUrls: [`http://127.0.0.1:${pair.ports.mainpc}`, `http://127.0.0.1:${pair.ports.pc2}`],
});

it("a pair that takes pushes is soaked, by the names that its hubs give", async () => {
  expect((await findPair(target())).hubs.map(({ name }) => name)).toEqual(["mainpc", "pc2"]);
});

it("a pair that refuses the load's pushes, or a token's file that cannot be read, is said before a soak begins", async () => {
  pair.refusal = { status: 401, body: "a push needs a token" };
  await expect(findPair(target())).rejects.toMatchObject({
    code: "push-token.refused",
    next: expect.stringContaining(pushTokenVariable),
  });
  vi.stubEnv(pushTokenVariable, "/nowhere/push.token");
  await expect(findPair(target())).rejects.toThrow(/\/nowhere\/push\.token: ENOENT/);
});
