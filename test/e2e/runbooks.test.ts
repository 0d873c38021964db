import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { SmallDisk } from "../../ops/chaos/small-disk.ts";
import { askFleet, findAgent, setFault } from "../../ops/local/agents/directory.ts";
import type { Fault } from "../../ops/local/agents/fault.ts";
import { listProcesses, signal } from "../../ops/local/processes.ts";
import { askServices } from "../../ops/site/ask-services.ts";
import * as fixture from "../fleet/fixture.ts";
import { alertsAt, type Done, Operator } from "../support/follow-runbook.ts";
import { fleetOf, LocalPair } from "../support/local-pair.ts";
import { until } from "../support/until.ts";

const portOffset = 8_750;
const deadlineMs = 60_000;

describe("the runbook of an alert, followed by its own commands, makes it end", { timeout: 120_000 }, () => {
  let dir: string;
  let pair: LocalPair;
  let operator: Operator;
  let disk: SmallDisk | string | undefined;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "tandem-runbooks-"));
    const { mainpc, pc2 } = fixture;
    for (const [name, text] of Object.entries({ mainpc, pc2, batches: "batches: []\n" }))
      writeFileSync(join(dir, `${name}.yaml`), text);
    pair = await LocalPair.start(join(dir, "data"), portOffset, "--no-restart", "--fleet", dir);
    operator = new Operator(dir, pair.data);
    await isWell();
  }, 120_000);

  afterAll(async () => {
    await pair?.stop();
    if (disk instanceof SmallDisk) disk.unmount();
    rmSync(dir, { recursive: true, force: true });
  });

  afterEach(() => isWell());

  const standing = async () => {
    const all = (await Promise.all([pair.mainpc, pair.pc2].map(({ hub }) => alertsAt(hub)))).flat();
    return new Set(all.map(({ name, subject }) => `${name} ${subject}`));
  };
  const raised = (alert: string) => until(alert, async () => (await standing()).has(alert), deadlineMs);
  const ended = (alert: string) => until(`the end of ${alert}`, async () => !(await standing()).has(alert), deadlineMs);
  const isWell = () =>
    until(
      "a pair that is well, without an alert",
      async () => {
        const fleets = await Promise.all([pair.mainpc, pair.pc2].map((each) => fleetOf(each).catch(() => undefined)));
        const well = fleets.every((fleet) => fleet?.sync.state === "in-sync" && fleet.totals.healthy === 3);
        return well && (await standing()).size === 0;
      },
      deadlineMs,
    );
  const give = async (agent: string, machine: string, fault: Fault) =>
    void (await setFault(findAgent(await askFleet(pair.data), agent, machine), fault));
  const store = async () => (await askServices(pair.mainpc.hub))?.find(({ name }) => name === "Store");
  const switchOver = async (to: string) => {
    const order = { method: "POST", body: JSON.stringify({ to }) };
    return await (await fetch(`${pair.mainpc.hub}/api/v1/services/Store/switchover`, order)).text();
  };
  /** All of them, those of its agents too, as a power cut ends them. */
  const cutPower = (machine: string) => {
    for (const { pid, command } of listProcesses())
      if (command.includes(`${pair.data}/${machine}/`)) signal(pid, "SIGKILL");
  };
  /** Undergoes the alert, and follows its runbook until it is over. */
  const mend = async (name: string, subject: string): Promise<{ diagnosis: Done[]; mitigation: Done[] }> => {
    await raised(`${name} ${subject}`);
    const done = await operator.follow(name, subject);
    await ended(`${name} ${subject}`);
    return done;
  };

  it("agent-unhealthy, of one that crashed and one that hangs", async () => {
    await give("Writer", "pc2", { kind: "crashed" });
    await give("Store", "mainpc", { kind: "hung" });
    await raised("agent-unhealthy pc2/Writer");
    const list = await operator.run(`tandem runbook --data ${pair.data}`);
    expect(list.output).toMatch(/^! {2}agent-unhealthy +urgent +pc2\/Writer, for \d+ s: pc2\/Writer is unhealthy/m);
    const { diagnosis } = await mend("agent-unhealthy", "pc2/Writer");
    expect(diagnosis.map(({ output }) => output).join()).toMatch(/pc2\/Writer +crashed/);
    // Its standby acts meanwhile, and hangs below nothing.
    await mend("agent-unhealthy", "mainpc/Store");
  });

  it("hub-lost, of a hub that was killed", async () => {
    pair.killMachine(pair.pc2, "hub");
    const { mitigation } = await mend("hub-lost", "pc2");
    expect(mitigation.map(({ code }) => code)).toEqual(mitigation.map(() => 0));
  });

  it("nats-lost, of a NATS that was killed", async () => {
    pair.killMachine(pair.mainpc, "nats");
    await mend("nats-lost", "mainpc");
  });

  it("pushgateway-lost, of one that was killed", async () => {
    pair.killMachine(pair.pc2, "pushgateway");
    await mend("pushgateway-lost", "pc2");
  });

  it("witness-silent, then with the machine of a single writer dead as well service-held and machine-lost", async () => {
    process.kill(pair.ready.witness.pids.nats, "SIGKILL");
    await raised("witness-silent pc2");
    cutPower("mainpc");
    await raised("machine-lost mainpc");
    const held = await mend("service-held", "Store");
    expect(held.diagnosis.map(({ output }) => output).join()).toContain("tandem take Store --confirm-peer-dead");
    expect(held.mitigation.at(-1)?.output).toMatch(/^Store +pc2 +\d+ +away/m);
    await mend("machine-lost", "mainpc");
    // What brings the machine back in a local run brings the witness back, too.
    await ended("witness-silent pc2");
  });

  it("witness-silent, of a witness that was killed alone", async () => {
    const witness = listProcesses().find(({ command }) => command.includes(`${pair.data}/witness/`));
    process.kill(witness?.pid ?? expect.unreachable("it runs again"), "SIGKILL");
    await mend("witness-silent", "mainpc");
    await ended("witness-silent pc2");
  });

  it("switchover-given-up, of a service whose other instance hangs", async () => {
    await until("the service at home", async () => (await store())?.state === "home");
    await give("Store", "pc2", { kind: "hung" });
    await until("its ill standby", async () => (await store())?.instances.pc2?.health === "unhealthy");
    expect(await switchOver("pc2")).toContain("Store stays on mainpc");
    const { mitigation } = await mend("switchover-given-up", "Store");
    expect(mitigation.at(-1)?.code).toBe(0);
    await switchOver("mainpc");
  });

  it("table-unwritten, of a hub whose disk is full, with 1 MiB of rotated logs on it", async ({ skip }) => {
    const state = join(pair.data, "pc2", "state");
    disk = SmallDisk.mount(state);
    if (typeof disk === "string") return skip(disk);
    writeFileSync(join(state, "logs", "hub.log.1"), Buffer.alloc(1024 ** 2));
    disk.fill();
    expect(() => writeFileSync(join(state, "rest"), Buffer.alloc(8_192))).toThrow("no space left");
    const order = switchOver("pc2");
    await mend("table-unwritten", "pc2");
    await order;
    // It may have been given up meanwhile.
    for (const to of ["pc2", "mainpc"]) await switchOver(to);
  });
});
