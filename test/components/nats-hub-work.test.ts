/** All that a hub does with its records, under the least subjects of its key: no server forbids anything of it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { HubConfigInput } from "../../hub/config.ts";
import { type Machine, RecordsSide } from "../support/records-side.ts";
import { type SecuredNatsPair, startSecuredNatsPair } from "../support/secured-nats-pair.ts";
import { until } from "../support/until.ts";

let nats: SecuredNatsPair;
let both: Record<Machine, RecordsSide>;
let heartbeats: NodeJS.Timeout;

const start = async (machine: Machine) => {
  const nkeySeedFile = join(nats[machine].folder, "hub.nk");
  writeFileSync(nkeySeedFile, nats[machine].keys.hub.seed);
  // Records may go as soon as both machines have a snapshot of them.
  const retentionMs = { metrics: 1, health: 1, alerts: 1 };
  const input: Partial<HubConfigInput> = { retentionMs, nats: { nkeySeedFile } };
  both[machine] = await RecordsSide.start(machine, nats, input);
};
const agree = () =>
  until("both sides to hold everything", () => {
    const lines = [both.mainpc, both.pc2].flatMap((side) => [side.line("mainpc"), side.line("pc2")]);
    const same = JSON.stringify(both.mainpc.fold.state()) === JSON.stringify(both.pc2.fold.state());
    return same && lines.every((line) => line?.missing === 0 && line.copied === line.stored);
  });

beforeAll(async () => {
  nats = await startSecuredNatsPair();
  both = {} as typeof both; // filled by start
  await Promise.all([start("mainpc"), start("pc2")]);
  heartbeats = setInterval(() => {
    both.mainpc.exchange(both.pc2).catch(() => {});
    both.pc2.exchange(both.mainpc).catch(() => {});
  }, 50);
}, 60_000);

afterAll(async () => {
  clearInterval(heartbeats);
  await Promise.all([both.mainpc.stop(), both.pc2.stop()]);
  await nats.stop();
});

it.each([
  ["mainpc", "pc2"],
  ["pc2", "mainpc"],
] as const)(
  "copies, snapshots, purges, a restart and a lost disk of %s are within what the hubs may",
  {
    timeout: 120_000,
  },
  async (machine, peer) => {
    await both[machine].push(20);
    await both[peer].push(10);
    await agree();
    for (const each of [machine, peer]) await both[each].records.snapshots.write();
    await until("the purge", async () => {
      const [own, copy] = ["observability-metrics", `observability-metrics-from-${machine}`];
      return (await both[machine].messages(own)) === 1 && (await both[peer].messages(copy)) === 1;
    });
    await both[machine].stop();
    await start(machine);
    await both[machine].push(5, 21);
    await agree();
    await both[machine].kill();
    await nats[machine].loseDisk();
    await nats[machine].start();
    await start(machine);
    await agree();
    for (const each of [machine, peer]) expect(nats[each].log(), each).not.toMatch(/violation/i);
  },
);
