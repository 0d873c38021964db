/** Traces both machines' NATS while pushes are answered, and judges that no answer came before the disks had the push. */
import { join } from "node:path";
import { copyName, streamName } from "../../../hub/io/streams.ts";
import type { BareMachine, BarePair } from "../../support/bare-pair.ts";
import { push } from "./push.ts";
import { Strace } from "./strace.ts";
import { type Call, readTrace, wayOf } from "./trace.ts";

export interface SyncedFindings {
  /** Answered `peer`, with the sync of both machines before the answer. */
  onBoth: number;
  /** Answered `local`, with the sync of the one machine before it. */
  onOne: number;
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

/** Pushes to mainpc in sync, then while pc2's hub is dead. */
export async function synced(pair: BarePair, strace: string, dir: string): Promise<SyncedFindings> {
  const { mainpc, pc2 } = pair.machines;
  const origin = await follow(strace, mainpc, dir);
  const copy = await follow(strace, pc2, dir);
  const answered: Answered[] = [];
  const pushSome = async (from: number) => {
    for (let marker = from; marker < from + pushes; marker++) {
      const { replication } = await push(mainpc.hubUrl, "prove_fsync", marker);
      answered.push({ marker, replication, atS: Date.now() / 1_000 });
    }
  };
  await pushSome(firstMarker);
  await pc2.parts.hub.kill();
  await pushSome(firstMarker + pushes);
  const calls = { origin: readTrace(await origin.detach()), copy: readTrace(await copy.detach()) };
  pc2.parts.hub.start();
  return judge(answered, calls);
}

function judge(answered: Answered[], { origin, copy }: { origin: Call[]; copy: Call[] }): SyncedFindings {
  const findings: SyncedFindings = { onBoth: 0, onOne: 0, broken: [] };
  for (const { marker, replication, atS } of answered) {
    const ways = [wayOf(String(marker), streamName("metrics"), origin)];
    if (replication === "peer") ways.push(wayOf(String(marker), copyName("metrics", "mainpc"), copy));
    const reasons = ways.flatMap((way) => {
      if (way.kind === "broken") return way.reason;
      return way.confirmedAtS <= atS + clockGrainS ? [] : `${marker}: answered before it was confirmed`;
    });
    if (reasons.length > 0) findings.broken.push(...reasons);
    else if (replication === "peer") findings.onBoth++;
    else findings.onOne++;
  }
  return findings;
}

/** The client reads its clock in whole ms. */
const clockGrainS = 0.001;

function follow(strace: string, { name, parts }: BareMachine, dir: string): Promise<Strace> {
  const { pid } = parts.nats;
  if (pid === undefined) throw new Error(`${name}'s NATS does not run`);
  return Strace.attach(strace, pid, join(dir, `strace-${name}`));
}
