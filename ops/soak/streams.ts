/** Who asks the pair from outside: the load, and one probe a second of each kind, each with the other hub as its second address. */
import type { Stream } from "../chaos/prober/sample.ts";
import { pushHeaders } from "../site/push-token.ts";
import type { HubAddress } from "./hub-look.ts";

/** For one try at one address, ms. */
export const tryMs = 1_000;
/** What this computer itself stood still for is not asked afterwards, ms. */
const skipLateMs = 1_000;
const probeEveryMs = 1_000;
/** Of each probe. */
export const probing = { everyMs: probeEveryMs, tryMs, skipLateMs };

export interface Load {
  hubs: readonly HubAddress[];
  /** Of all clients together. */
  pushesPerSecond: number;
  /** Prefix of the names by which the clients number their pushes. */
  client: string;
}

export function hubStreams({ hubs, pushesPerSecond, client }: Load): Stream[] {
  const loadEveryMs = (1_000 * hubs.length) / pushesPerSecond;
  return hubs.flatMap((home): Stream[] => {
    const order = [home, ...hubs.filter((other) => other !== home)];
    const at = (path: string) => order.map(({ name, hubUrl }) => ({ machine: name, url: `${hubUrl}${path}` }));
    const get = (what: string, path: string): Stream => ({
      name: `${what} at ${home.name}`,
      kind: "get",
      targets: at(path),
      ...probing,
    });
    const push = (what: string, everyMs: number): Stream => ({
      name: `${what} of ${home.name}`,
      kind: "push",
      ...probing,
      everyMs,
      targets: at(`/metrics/job/${jobOf(what, home.name)}`),
      client: `${client}-${what}-${home.name}`,
    });
    return [
      push("load", loadEveryMs),
      push("push", probeEveryMs),
      get("page", "/"),
      get("readiness", "/readyz"),
      get("read", "/api/v1/fleet"),
    ];
  });
}

/** @param names of clients of a run. @returns what begins those of its newest start. @example "soak-20260101000000-3" */
export function newestOf(names: Iterable<string>, run: string): string {
  const starts = [...names].map((name) => Number.parseInt(name.slice(run.length + 1), 10));
  return `${run}-${Math.max(0, ...starts)}`;
}

/** How many numbers each client of a start can have stored twice within some time: one for each try at an address. */
export function mostUnseen(load: Load, client: string, lostMs: number): (name: string) => number {
  const most = hubStreams({ ...load, client }).flatMap((stream): [string, number][] =>
    stream.client === undefined ? [] : [[stream.client, Math.ceil(lostMs / stream.everyMs) * stream.targets.length]],
  );
  const ofName = new Map(most);
  return (name) => ofName.get(name) ?? 0;
}

/** @example "load of mainpc" → "load" */
export const kindOf = (stream: string): string => stream.split(" ", 1)[0] ?? stream;

/** Removes what the load left in the fold. Whatever comes of it: the groups are small, and named for what they are. */
export async function removeGroups(hubs: readonly HubAddress[]): Promise<void> {
  const jobs = hubs.flatMap(({ name }) => [jobOf("load", name), jobOf("push", name)]);
  const [hub] = hubs;
  if (hub === undefined) return;
  // A token that cannot be read just then leaves the groups, and the report is written all the same.
  const remove = async (job: string) =>
    await fetch(`${hub.hubUrl}/metrics/job/${job}`, {
      method: "DELETE",
      headers: pushHeaders(),
      signal: AbortSignal.timeout(2 * tryMs),
    });
  await Promise.allSettled(jobs.map(remove));
}

const jobOf = (what: string, machine: string) => `soak_${what}_${machine}`;
