/** Slices as a soak writes them, with what a test is about changed. */
import type { Slice } from "../../../ops/soak/slice.ts";
import { Times } from "../../../ops/soak/times.ts";

export const minuteMs = 60_000;
export const startMs = Date.UTC(2026, 0, 1);

export function sliceAt(minute: number, changes: Partial<Slice> = {}, tookMs: readonly number[] = [5, 10, 20]): Slice {
  const times = new Times();
  for (const ms of tookMs) times.record(ms);
  const { count: _, ...percentiles } = times.view() ?? { count: 0, p50: 0, p95: 0, p99: 0, max: 0 };
  return {
    fromMs: startMs + minute * minuteMs,
    toMs: startMs + (minute + 1) * minuteMs,
    observedMs: minuteMs,
    streams: { "load of mainpc": { asked: 600, failed: 0 }, "page at pc2": { asked: 60, failed: 0 } },
    times: { load: times.encode() },
    percentiles,
    errors: {},
    outages: [],
    hubs: { mainpc: { looks: 60, answered: 60, inSync: 60 }, pc2: { looks: 60, answered: 60, inSync: 60 } },
    ledger: { missing: 0, metTwice: 0, pending: 3 },
    clients: {
      "soak-1-load-mainpc": { acknowledged: 600 * (minute + 1), lost: 0, duplicates: 0, uncertain: 0, unseen: 0 },
    },
    machines: { mainpc: { cpu: 20, memory: 30, disk: 40 } },
    processes: { "mainpc/hub": { life: 1, cpu: 5, rss: 100 * 1_048_576, fds: 40, heap: null } },
    stallMs: 3,
    ...changes,
  };
}
