/** Traces both machines' NATS, then a hub without one, while pushes are answered, and judges that no answer came before the disks had the push. */
import { join } from "node:path";
import { copyName, streamName } from "../../../hub/io/streams.ts";
import type { BareMachine, BarePair, PartName } from "../../support/bare-pair.ts";
import { until } from "../../support/until.ts";
import { push } from "./push.ts";
import { Strace } from "./strace.ts";
import { type Call, readTrace, spoolWayOf, type Way, wayOf } from "./trace.ts";

export interface SyncedFindings {
  /** Answered `peer`, with the sync of both machines before the answer. */
  onBoth: number;
  /** Answered `local`, with the sync of the one machine before it. */
  onOne: number;
  /** Answered while mainpc's NATS was dead, with the sync of its spool before the answer. */
  inSpool: number;
  /** Answers that came too early, or whose way was not seen whole. */
  broken: string[];
}

const pushes = 25;
/** No digits that a sequence, a time or another proof's value would have. */
const firstMarker = 7_130_000_001;

interface Answered {
  marker: number;
  replication: string;
  atS: number;
}

/** Pushes to mainpc in sync, then while pc2's hub is dead, then while mainpc's own NATS is. */
export async function synced(pair: BarePair, strace: string, dir: string): Promise<SyncedFindings> {
  const { mainpc, pc2 } = pair.machines;
  const origin = await follow(strace, mainpc, "nats", dir);
  const copy = await follow(strace, pc2, "nats", dir);
  const answered = await pushSome(mainpc, firstMarker);
  await pc2.parts.hub.kill();
  answered.push(...(await pushSome(mainpc, firstMarker + pushes)));
  const calls = { origin: readTrace(await origin.detach()), copy: readTrace(await copy.detach()) };

  await mainpc.parts.nats.kill();
  await until("a push into the spool", async () => (await push(mainpc.hubUrl, "prove_spool", 0)).status === 200);
  const hub = await follow(strace, mainpc, "hub", dir);
  const spooled = await pushSome(mainpc, firstMarker + 2 * pushes);
  const spool = readTrace(await hub.detach());
  mainpc.parts.nats.start();
  pc2.parts.hub.start();
  return judge(answered, calls, spooled, spool);
}

async function pushSome({ hubUrl }: BareMachine, from: number): Promise<Answered[]> {
  const answered: Answered[] = [];
  for (let marker = from; marker < from + pushes; marker++) {
    const { replication } = await push(hubUrl, "prove_fsync", marker);
    answered.push({ marker, replication, atS: Date.now() / 1_000 });
  }
  return answered;
}

function judge(
  answered: Answered[],
  { origin, copy }: { origin: Call[]; copy: Call[] },
  spooled: Answered[],
  spool: Call[],
): SyncedFindings {
  const findings: SyncedFindings = { onBoth: 0, onOne: 0, inSpool: 0, broken: [] };
  for (const each of answered) {
    const { marker, replication } = each;
    const ways = [wayOf(String(marker), streamName("metrics"), origin)];
    if (replication === "peer") ways.push(wayOf(String(marker), copyName("metrics", "mainpc"), copy));
    const reasons = ways.flatMap((way) => reasonsAgainst(way, each));
    if (reasons.length > 0) findings.broken.push(...reasons);
    else if (replication === "peer") findings.onBoth++;
    else findings.onOne++;
  }
  for (const each of spooled) {
    const reasons = reasonsAgainst(spoolWayOf(String(each.marker), spool), each);
    if (reasons.length > 0) findings.broken.push(...reasons);
    else findings.inSpool++;
  }
  return findings;
}

function reasonsAgainst(way: Way, { marker, atS }: Answered): string[] {
  if (way.kind === "broken") return [way.reason];
  return way.confirmedAtS <= atS + clockGrainS ? [] : [`${marker}: answered before it was confirmed`];
}

/** The client reads its clock in whole ms. */
const clockGrainS = 0.001;

function follow(strace: string, { name, parts }: BareMachine, part: PartName, dir: string): Promise<Strace> {
  const { pid } = parts[part];
  if (pid === undefined) throw new Error(`${name}'s ${part} does not run`);
  return Strace.attach(strace, pid, join(dir, `strace-${name}-${part}`));
}
