/** Asks the hubs what they tell of sync and records, and now and then for the metrics of their own process. */
import { z } from "zod";
import type { MachineUse as MachineReading } from "../../hub/io/machine-use.ts";
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

/** What a hub says of its process on `/metrics`, and of its machine. */
export interface OwnMetrics {
  life: number;
  cpuSeconds: number;
  rss: number;
  fds: number | null;
  heap: number | null;
  /** Undefined where it does not tell. */
  machine: MachineReading | undefined;
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
  const read = (name: string) => {
    const value = new RegExp(`^tandem_${name} (\\S+)$`, "m").exec(text)?.[1];
    return value === undefined ? undefined : Number(value);
  };
  const at = (name: string) => read(`hub_${name}`);
  const [life, cpuSeconds] = [at("process_start_time_seconds"), at("process_cpu_seconds_total")];
  const rss = at("process_resident_memory_bytes");
  if (life === undefined || cpuSeconds === undefined || rss === undefined) return undefined;
  return {
    life,
    cpuSeconds,
    rss,
    fds: at("process_open_fds") ?? null,
    heap: at("nodejs_heap_size_used_bytes") ?? null,
    machine: machineIn((name) => read(`machine_${name}`)),
  };
}

function machineIn(read: (name: string) => number | undefined): MachineReading | undefined {
  const [busy, all] = [read("cpu_busy_seconds_total"), read("cpu_seconds_total")];
  const [memory, available] = [read("memory_bytes"), read("memory_available_bytes")];
  const [disk, used] = [read("disk_bytes"), read("disk_used_bytes")];
  const isTold = [busy, all, memory, available, disk, used].every((value) => value !== undefined);
  if (!isTold) return undefined;
  return {
    cpuBusySeconds: busy ?? 0,
    cpuSeconds: all ?? 0,
    memoryBytes: memory ?? 0,
    memoryAvailableBytes: available ?? 0,
    diskBytes: disk ?? 0,
    diskUsedBytes: used ?? 0,
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
