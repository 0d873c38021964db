import { describe, expect, it } from "vitest";
import type { Saved } from "../../../../hub/core/failover/messages.ts";
import { leftBy, routesOf } from "../../../../hub/core/failover/outcome.ts";
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

describe("a hub that succeeds one that acted for a single writer without a lease", () => {
  const left = { boot: "b1", atMs: 1_000, unbounded: { Writer: 2 } };
  const at = (more: Partial<FailoverSetup>, disk: Saved, atMs = 1_500) =>
    startFailover({ ...setup, witness: false, succeeds: true, boot: "b1", ...more }, disk, atMs);
  const saysAfterMs = (state: FailoverState, ms: number) => writer(state, state.startedAtMs + ms);

  it("goes on from its first moment, though it has heard of nobody", () => {
    const state = at({}, { ...saved, left });
    for (const ms of [0, limits.leaseMs, 60_000])
      expect(saysAfterMs(state, ms)).toEqual({ service: "Writer", epoch: 2, to: "mainpc", untilMs: null });
  });

  it("holds it where that was left by another start of the machine, too long ago, to another one, or for another epoch", () => {
    const released = { ...saved, table: { Writer: { epoch: 2, released: true } } };
    const held = [
      at({}, saved),
      at({ succeeds: false }, { ...saved, left }),
      at({ boot: "b2" }, { ...saved, left }),
      at({ boot: "" }, { ...saved, left: { ...left, boot: "" } }),
      at({}, { ...saved, left }, 11_000),
      at({}, { ...saved, left }, 900),
      at({}, { ...saved, left: { ...left, unbounded: { Writer: 0 } } }),
      at({ machine: "pc2", peer: "mainpc" }, { ...saved, left }),
      at({}, { ...released, left }),
    ];
    for (const state of held) expect(saysAfterMs(state, 60_000)?.to ?? null).toBeNull();
  });

  it("is left that by the one before, for as long as it acted, and not where a lease bounds it", () => {
    const state = at({}, { ...saved, left });
    expect(leftBy(state, 2_000, limits)).toEqual({ ...saved, left: { ...left, atMs: 2_000 } });
    expect(leftBy(at({ witness: true }, saved), 2_000, limits)).toBeUndefined();
    const table = { ...saved.table, Writer: { epoch: 2, released: true } };
    expect(leftBy({ ...state, saved: table, wanted: table }, 2_000, limits)).toBeUndefined();
  });
});

it("a hub that succeeds another one goes on saying who acts for services that tolerate two", () => {
  const reader = routesOf(started({ succeeds: true }), 50, limits).find(({ service }) => service === "Reader");
  expect(reader).toEqual(routesOf(started(), 50, limits).find(({ service }) => service === "Reader"));
});
