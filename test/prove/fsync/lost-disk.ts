/** Takes the disk of one machine away while the pair is in sync: what was acknowledged `peer` must be on both again. */
import { rmSync } from "node:fs";
import type { BarePair, MachineName } from "../../support/bare-pair.ts";
import { settle } from "../loss/settle.ts";
import { push } from "./push.ts";

export interface LostDiskFindings {
  machine: MachineName;
  /** Acknowledged with the word that both machines hold it. */
  peer: number;
  /** Of those, what is not in the fold of both hubs afterwards. */
  lost: string[];
  /** What did not become equal, or was missing by a ledger; empty when nothing. */
  unequal: string;
}

const perHub = 150;

/** Pushes go to both hubs at the same time, up to the moment of the loss. */
export async function loseDisk(pair: BarePair, machine: MachineName): Promise<LostDiskFindings> {
  const acknowledged: [string, number][] = [];
  const pushSome = async (hubUrl: string, from: string) => {
    for (let value = 1; value <= perHub; value++) {
      const job = `prove_disk_${machine}_${from}_${value}`;
      const { status, replication } = await push(hubUrl, job, value);
      if (status === 200 && replication === "peer") acknowledged.push([job, value]);
    }
  };
  await Promise.all(pair.both.map(({ hubUrl, name }) => pushSome(hubUrl, name)));
  const { parts, natsStore } = pair.machines[machine];
  await Promise.all([parts.nats.kill(), parts.hub.kill(), parts.pushgateway.kill()]);
  rmSync(natsStore, { recursive: true });
  for (const part of [parts.nats, parts.pushgateway, parts.hub]) part.start();
  await pair.inSync();
  const settled = await settle(pair);
  const found = { machine, peer: acknowledged.length };
  if (typeof settled === "string") return { ...found, lost: [], unequal: settled };
  const lost = acknowledged.filter(([job, value]) => settled.standing.get(job)?.get("prove_value") !== value);
  return { ...found, lost: lost.map(([job]) => job), unequal: "" };
}
