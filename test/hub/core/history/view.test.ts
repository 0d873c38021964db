import { expect, it } from "vitest";
import { cellBytes } from "../../../../hub/core/history/agent-cells.ts";
import { HistoryRing, keptMinutes } from "../../../../hub/core/history/ring.ts";
import { nothingKnown } from "../../../../hub/core/history/series.ts";
import { agentSeriesOf, stepsOf } from "../../../../hub/core/history/view.ts";

it("reads all there can be, 1,500 minutes of 1,000 agents, in less than half a second", () => {
  const ring = new HistoryRing(Array.from({ length: 1_000 }, (_, i) => `mainpc/Agent${i}`));
  const first = 30_000;
  for (let minute = first; minute < first + keptMinutes; minute++) {
    const agents = new Uint8Array(1_000 * cellBytes).map((_, i) => (i * 7 + minute) & 127);
    ring.record({ minute, sample: nothingKnown(), agents });
  }
  const steps = stepsOf(keptMinutes, 13, first + keptMinutes);
  const before = process.cpuUsage();
  const all = ring.ids.map((_, index) => agentSeriesOf(ring, index, steps));
  const { user, system } = process.cpuUsage(before);
  expect(all.every(({ latencyMs }) => latencyMs.length === 116 && latencyMs.at(-1) !== null)).toBe(true);
  expect((user + system) / 1_000).toBeLessThan(500);
});
