import { expect, it } from "vitest";
import { routesOf } from "../../../../hub/core/failover/outcome.ts";
import { type FailoverSetup, type FailoverState, startFailover } from "../../../../hub/core/failover/state.ts";
import { limits, single, tolerant } from "./pair.ts";

const setup: FailoverSetup = {
  machine: "mainpc",
  peer: "pc2",
  incarnation: "2",
  witness: true,
  services: [single, tolerant],
};
const saved = { table: { Writer: { epoch: 2, released: false }, Reader: { epoch: 2, released: false } }, blank: false };
const started = (more: Partial<FailoverSetup> = {}): FailoverState => startFailover({ ...setup, ...more }, saved, 0);
const writer = (state: FailoverState, atMs: number) =>
  routesOf(state, atMs, limits).find(({ service }) => service === "Writer");

it("a hub that was started anew holds its single writers until it has a vote", () => {
  expect(writer(started(), 50)).toEqual({ service: "Writer", epoch: 2, to: null, untilMs: null });
});

it("a hub that succeeds one of its machine leaves what that one said of them to end with its lease of 2 s", () => {
  expect(writer(started({ succeeds: true }), limits.leaseMs - 1)).toBeUndefined();
  expect(writer(started({ succeeds: true }), limits.leaseMs)).toMatchObject({ to: null });
});

it("a hub that succeeds another one goes on saying who acts for services that tolerate two", () => {
  const reader = routesOf(started({ succeeds: true }), 50, limits).find(({ service }) => service === "Reader");
  expect(reader).toEqual(routesOf(started(), 50, limits).find(({ service }) => service === "Reader"));
});
