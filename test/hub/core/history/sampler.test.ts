import { expect, it } from "vitest";
import { readCell } from "../../../../hub/core/history/agent-cells.ts";
import { Sampler, type Sight } from "../../../../hub/core/history/sampler.ts";

const sight = (change: Partial<Sight> = {}): Sight => ({
  stored: 0,
  values: { uncopied: 0, lag: 1, unhealthy: 0, degraded: 0, series: 5, buffer: 10 },
  agents: [{ observedAtMs: undefined, latencyMs: undefined, ill: undefined }],
  ...change,
});

it("makes one sample of 60 looks: pushes a second, and of the others what joins them", () => {
  const sampler = new Sampler(1);
  for (let second = 0; second <= 60; second++) {
    const values = { uncopied: second, lag: 60 - second, unhealthy: 0, degraded: 0, series: second, buffer: second };
    expect(sampler.look(7, sight({ stored: 1_000 + 3 * second, values }))).toBeUndefined();
  }
  const ended = sampler.look(8, sight());
  expect(ended?.minute).toBe(7);
  expect(ended?.sample).toMatchObject({ pushes: 3, uncopied: 60, lag: 60, series: 60, buffer: 0 });
});

it("takes for no push what is read back at a start, nor for less than none what a ledger forgets", () => {
  const sampler = new Sampler(1);
  sampler.look(7, sight({ stored: undefined }));
  sampler.look(7, sight({ stored: 90_000 }));
  sampler.look(7, sight({ stored: 90_002 }));
  sampler.look(7, sight({ stored: 10 }));
  expect(sampler.end()?.sample.pushes).toBe(1);
  expect(sampler.end()).toBeUndefined();
});

it("counts each observation of an agent once, however often it is looked at, and the share of looks at which it was ill", () => {
  const sampler = new Sampler(1);
  const look = (observedAtMs: number, latencyMs: number | undefined, ill: boolean) =>
    sampler.look(7, sight({ agents: [{ observedAtMs, latencyMs, ill }] }));
  look(1_000, 4, false);
  look(1_003, 4, false);
  look(2_000, 8, false);
  look(3_000, undefined, true);
  const { agents } = sampler.end() ?? expect.unreachable();
  expect(readCell(agents, 0)).toEqual({ latencyMs: 6, ill: 0.25 });
});

it("gives the minute that it was in when the clock is set back, and one of the earlier minute from then on", () => {
  const sampler = new Sampler(1);
  sampler.look(70, sight());
  expect(sampler.look(10, sight())?.minute).toBe(70);
  expect(sampler.end()?.minute).toBe(10);
});
