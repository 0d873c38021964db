/** One proof: rounds of pushes under faults on one pair, each healed and judged before the next. */
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { seededRandom } from "../../../ops/chaos/random.ts";
import { SmallDisk } from "../../../ops/chaos/small-disk.ts";
import { BarePair } from "../../support/bare-pair.ts";
import { Audit } from "./audit.ts";
import { ProvingClient } from "./client.ts";
import { Faults } from "./faults.ts";
import { type HubDeath, isAcknowledged, type PushLog } from "./push.ts";
import { settle } from "./settle.ts";
import { count, type Summary } from "./summary.ts";
import { judge, type Standing } from "./verdict.ts";

export interface RunOptions {
  seed: number;
  /** Time under faults, all rounds together, ms. */
  faultsMs: number;
  /** Empty or new folder for the pair's data and the clients' log; it stays. */
  dir: string;
  say(line: string): void;
  /** @default 8 */
  clients?: number;
  /** Leave out the full disk, which needs root. @default false */
  noDisk?: boolean;
  signal: AbortSignal;
}

/** Time under faults before everything is healed and judged, ms. */
const roundMs = 25_000;
/**
 * Snapshots far more often than by default, so that nearly every start begins from one; records are purged while faults go on,
 * but not before the audit of their round has read them.
 */
const hubConfig = {
  snapshots: { everyMs: 1_000, everyRecords: 500 },
  retentionMs: { metrics: 60_000, health: 60_000, alerts: 60_000 },
};
/** Pushes go on for a moment after the last fault, so that they meet a pair that is catching up, ms. */
const afterHealMs = 1_500;

export async function prove(options: RunOptions): Promise<Summary> {
  const { seed, dir, say, clients = 8 } = options;
  const random = seededRandom(seed);
  let disk: SmallDisk | string = "left out";
  const mount = (machine: string, folder: string) => {
    if (machine === "pc2" && !options.noDisk) disk = SmallDisk.mount(folder);
  };
  const pair = await BarePair.make(join(dir, "data"), { links: true, hubConfig, onFolder: mount });
  const fullDisk = disk as SmallDisk | string; // set by the callback, which the compiler does not follow
  if (typeof fullDisk === "string") say(`skipped: a full disk (${fullDisk})`);
  const summary = count(seed, typeof fullDisk === "string" ? fullDisk : "");
  const written = createWriteStream(join(dir, "clients.jsonl"));
  const audit = new Audit(pair);
  const log: PushLog[] = [];
  let round: PushLog[] = [];
  let deaths: HubDeath[] = [];
  let number = 0;
  const pushers = Array.from(
    { length: clients },
    (_, index) =>
      new ProvingClient({
        index,
        pair,
        random: random.fork(),
        nextNumber: () => ++number,
        log: (push) => {
          round.push(push);
          written.write(`${JSON.stringify(push)}\n`);
          summary.pushed(push);
          if (isAcknowledged(push)) faults.acknowledged();
        },
      }),
  );
  const faults = new Faults({
    pair,
    random: random.fork(),
    disk: typeof fullDisk === "string" ? undefined : fullDisk,
    onFault: (kind, holds) => {
      written.write(`${JSON.stringify({ atMs: Date.now(), fault: kind, holds })}\n`);
      summary.fault(kind);
    },
    onHubDeath: (death) => void deaths.push(death),
  });
  try {
    await pair.start();
    let standing: Standing = new Map();
    for (let leftMs = options.faultsMs; leftMs > 0 && !options.signal.aborted; leftMs -= roundMs) {
      round = [];
      deaths = [];
      for (const pusher of pushers) pusher.start();
      await faults.run(AbortSignal.any([options.signal, AbortSignal.timeout(Math.min(leftMs, roundMs))]));
      await pause(afterHealMs);
      await Promise.all(pushers.map((pusher) => pusher.stop()));
      const settled = await settle(pair);
      if (typeof settled === "string") {
        summary.unequal(settled);
        break;
      }
      summary.round(settled.tookMs, judge({ log: round, deaths, before: standing, after: settled.standing }));
      say(
        `round ${summary.rounds}: ${round.length} pushes, all equal after ${settled.tookMs} ms, lost ${summary.lost}`,
      );
      log.push(...round);
      await audit.read();
      standing = settled.standing;
      if (summary.lost > 0) break;
    }
    if (summary.rounds > 0) summary.audited(audit.findings(log));
    return summary.done();
  } finally {
    await pair.stop();
    await new Promise<void>((resolve) => written.end(resolve));
    if (typeof fullDisk !== "string") fullDisk.unmount();
  }
}
