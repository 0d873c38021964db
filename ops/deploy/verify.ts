/** Verifies a machine after its `up`: waits until all is well for a while, then pushes something and sees it in both hubs. */
import { setTimeout as sleep } from "node:timers/promises";
import { dockerCommand } from "../../components/reach.ts";
import { factsScript, readFacts } from "../doctor/facts.ts";
import { pushHeaders, pushTokenVariable } from "../site/push-token.ts";
import { isReady, lookAtHubs, textOf } from "./look.ts";
import { hubsOf, onMachine, ownHub, type Place } from "./place.ts";
import { type Seen, unmetOf, type Wanted } from "./unmet.ts";

export interface VerifyOptions {
  /** All must be well within this time, ms. */
  deadlineMs: number;
  /** What is well for less than this may have been looked at between two falls, ms. @default 3000 */
  holdMs?: number;
  signal: AbortSignal;
}

const pollMs = 500;
/** A push is waited for so long at least, ms. */
const pushMs = 5_000;
const defaultHoldMs = 3_000;

/** Resolves with what is not well at the deadline, or as soon as waiting cannot mend it; with nothing when all is well. */
export async function verify(
  place: Place,
  wanted: Wanted,
  { deadlineMs, holdMs = defaultHoldMs, signal }: VerifyOptions,
): Promise<string[]> {
  const endMs = performance.now() + deadlineMs;
  let wellSinceMs: number | undefined;
  let last: Seen["containers"];
  let looks: Seen["looks"];
  for (;;) {
    const seen = await see(place);
    looks = seen.looks;
    const unmet = unmetOf(seen, { ...wanted, last });
    last = seen.containers ?? last;
    const nowMs = performance.now();
    wellSinceMs = unmet.length === 0 ? (wellSinceMs ?? nowMs) : undefined;
    if (wellSinceMs !== undefined && nowMs - wellSinceMs >= holdMs) break;
    if (unmet.length > 0 && (nowMs > endMs || unmet.some(({ isHopeless }) => isHopeless)))
      return unmet.map(({ what }) => what);
    await sleep(pollMs, undefined, { signal });
  }
  const unseen = await provePush(
    place,
    wanted.pairWide ? (looks[1]?.url ?? hubsOf(place)[1]) : undefined,
    Math.ceil(Math.max(endMs - performance.now(), pushMs)),
    signal,
  );
  return unseen === undefined ? [] : [unseen];
}

export async function see(place: Place): Promise<Seen> {
  const [ready, looks, containers] = await Promise.all([isReady(place), lookAtHubs(place), containersOf(place)]);
  return { ...ready, looks, containers };
}

async function containersOf(place: Place): Promise<Seen["containers"]> {
  const { site } = place.stack;
  const args = {
    machine: place.name,
    configDirectory: site.paths.config,
    dataDirectory: site.paths.data,
    docker: dockerCommand(place.reach),
  };
  try {
    const { engine, containers } = readFacts(await onMachine(place, factsScript(args)));
    // An engine that is silent has told of none, which is not that there are none.
    return engine === undefined ? undefined : containers;
  } catch {
    return undefined;
  }
}

/** @param peerHub undefined where it need not see it @returns why a push was not seen; undefined when it was, or where there is no hub to push to */
async function provePush(
  place: Place,
  peerHub: string | undefined,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const hub = ownHub(place);
  if (hub === undefined) return undefined;
  const group = `${hub}/metrics/job/tandem_deploy/machine/${encodeURIComponent(place.name)}`;
  const value = Date.now() / 1_000;
  const line = new RegExp(`^deploy_verified_at_seconds\\{[^}]*machine="${place.name}"[^}]*\\} (\\S+)$`, "m");
  // Numbers are written in another way than they came.
  const isSeen = (metrics = "") => Number(line.exec(metrics)?.[1]) === value;
  const body = `# TYPE deploy_verified_at_seconds gauge\ndeploy_verified_at_seconds ${value}\n`;
  const push = (method: string, sent: { body?: string }) =>
    fetch(group, { method, ...sent, headers: pushHeaders(), signal: AbortSignal.timeout(deadlineMs) }).catch(
      () => undefined,
    );
  const put = await push("PUT", { body });
  if (put?.status !== 200) {
    const said = put === undefined ? "no answer" : (await put.text()).trim();
    const hint = put?.status === 401 || put?.status === 403 ? `; ${pushTokenVariable} names the file with it` : "";
    return `a push to its hub was not taken: ${said}${hint}`;
  }
  const hubs = peerHub === undefined ? [hub] : [hub, peerHub];
  const endMs = performance.now() + deadlineMs;
  try {
    for (const at of hubs)
      while (!isSeen(await textOf(`${at}/metrics`))) {
        if (performance.now() > endMs) return `a push to its hub was not seen at ${at}/metrics`;
        await sleep(pollMs, undefined, { signal });
      }
    return undefined;
  } finally {
    await push("DELETE", {});
  }
}
