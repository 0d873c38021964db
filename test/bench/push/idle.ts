/** What a pair of hubs costs while it only watches the whole fleet. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fleetOf, LocalPair } from "../../support/local-pair.ts";
import { until } from "../../support/until.ts";
import type { Figures } from "./figures.ts";
import { cpuSeconds } from "./servers.ts";

/** Away from a pair without an offset and from those of the tests. */
const portOffset = 3_100;
const agents = 77;
/** The start has its own cost, which is let pass, ms. */
const calmMs = 3_000;

export async function idleCpu(idleMs: number): Promise<Figures["idleCpu"]> {
  if (idleMs === 0) return { agents, share: {} };
  const dir = mkdtempSync(join(tmpdir(), "tandem-idle-"));
  const pair = await LocalPair.start(join(dir, "data"), portOffset, "--agents", "all");
  try {
    await until(`${agents} healthy agents`, async () => (await fleetOf(pair.mainpc)).totals.healthy === agents, 60_000);
    await pause(Math.min(calmMs, idleMs));
    const hubs = { mainpc: pair.mainpc.pids.hub, pc2: pair.pc2.pids.hub };
    const before = Object.values(hubs).map(cpuSeconds);
    const startMs = performance.now();
    await pause(idleMs);
    const seconds = (performance.now() - startMs) / 1_000;
    const share = Object.entries(hubs).map(([machine, pid], i) => {
      const [from, to] = [before[i], cpuSeconds(pid)];
      return [machine, from === undefined || to === undefined ? undefined : (to - from) / seconds];
    });
    return { agents, share: Object.fromEntries(share) };
  } finally {
    await pair.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}
