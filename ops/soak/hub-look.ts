/** Asks the hubs what they tell of sync and records, and now and then for the metrics of their own process. */
import { z } from "zod";
import { askHub } from "../site/ask-hub.ts";
import type { HubLook, HubWord } from "./look.ts";
import type { ProcessUse } from "./slice.ts";

export interface HubAddress {
  /** Its machine. */
  name: string;
  hubUrl: string;
}

/** Only what is looked at: a hub may say more. */
const Fleet = z.object({ sync: z.object({ state: z.string() }) });
const Ledger = z.object({
  missing: z.number(),
  duplicates: z.number(),
  pending: z.number(),
  spooled: z.number(),
  clients: z.array(z.object({ client: z.string(), highest: z.number(), missing: z.number(), duplicates: z.number() })),
});

const deadlineMs = 900;
const metricsDeadlineMs = 5_000;

export async function lookAtHub({ name, hubUrl }: HubAddress): Promise<HubLook> {
  const [fleet, ledger] = await Promise.all([
    askHub(`${hubUrl}/api/v1/fleet`, Fleet, deadlineMs),
    askHub(`${hubUrl}/api/v1/ledger`, Ledger, deadlineMs),
  ]);
  if (fleet === undefined || ledger === undefined) return { name, said: undefined };
  const { missing, duplicates, pending, spooled, clients } = ledger;
  const said: HubWord = {
    inSync: fleet.sync.state === "in-sync",
    missing,
    metTwice: duplicates,
    pending: pending + spooled,
    clients,
  };
  return { name, said };
}

/** What a hub's process says of itself on `/metrics`. */
export interface OwnMetrics {
  life: number;
  cpuSeconds: number;
  rss: number;
  fds: number | null;
  heap: number | null;
}

export async function ownMetrics({ hubUrl }: HubAddress): Promise<OwnMetrics | undefined> {
  try {
    const answer = await fetch(`${hubUrl}/metrics`, { signal: AbortSignal.timeout(metricsDeadlineMs) });
    return readOwnMetrics(await answer.text());
  } catch {
    return undefined;
  }
}

/** Undefined where the text is no hub's. */
export function readOwnMetrics(text: string): OwnMetrics | undefined {
  const at = (name: string) => {
    const value = new RegExp(`^tandem_hub_${name} (\\S+)$`, "m").exec(text)?.[1];
    return value === undefined ? undefined : Number(value);
  };
  const [life, cpuSeconds] = [at("process_start_time_seconds"), at("process_cpu_seconds_total")];
  const rss = at("process_resident_memory_bytes");
  if (life === undefined || cpuSeconds === undefined || rss === undefined) return undefined;
  return {
    life,
    cpuSeconds,
    rss,
    fds: at("process_open_fds") ?? null,
    heap: at("nodejs_heap_size_used_bytes") ?? null,
  };
}

/** What a hub's process used between two readings. */
export function useBetween(
  before: { atMs: number; own: OwnMetrics } | undefined,
  now: { atMs: number; own: OwnMetrics },
): ProcessUse {
  const { life, cpuSeconds, rss, fds, heap } = now.own;
  const same = before !== undefined && before.own.life === life && now.atMs > before.atMs;
  const cpu = same ? (100_000 * (cpuSeconds - before.own.cpuSeconds)) / (now.atMs - before.atMs) : null;
  return { life, cpu, rss, fds, heap };
}
