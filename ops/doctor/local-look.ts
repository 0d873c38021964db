/** Looks at a local run: what of the doctor's questions holds for processes on this computer. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { hostPort } from "../../components/address.ts";
import { shellQuote } from "../../components/shell.ts";
import { HubConfig, type MachineConfig } from "../../hub/config.ts";
import { ask } from "../client/hub-client.ts";
import { OperatorError } from "../error.ts";
import { isAlive } from "../local/processes.ts";
import { filesOf, machineNames } from "../local/site.ts";
import { askHub } from "../site/ask-hub.ts";
import { runShell } from "../site/shell.ts";
import type { Progress } from "../terminal/progress.ts";
import { type Check, fail, ok, warn } from "./check.ts";
import { checkClock, checkDisk, checkHub } from "./checks.ts";
import { diskScript, readFacts } from "./facts.ts";
import { checkGateways } from "./gateway-look.ts";
import { checkFsync, checkRoom } from "./host-checks.ts";
import { fsyncScript, readHostFacts, roomScript } from "./host-facts.ts";
import type { Look } from "./look.ts";
import { sectionFunction } from "./sections.ts";
import { checkStreams, jszPath, readJsz } from "./streams.ts";
import { checkSameVersions, checkVersions, type Versions } from "./versions.ts";

const Varz = z.object({ version: z.string() });
const Anything = z.unknown();
const GatewayStatus = z.object({ data: z.object({ build_information: z.object({ version: z.string() }) }) });
const Lock = z.object({ pid: z.number() });

const urlOf = (address: { host: string; port: number }) => `http://${hostPort(address.host, address.port)}`;

/** @param data folder that the run was started with @param here version of this checkout */
export async function lookAtLocalRun(data: string, here: string, { steps }: Pick<Progress, "steps">): Promise<Look> {
  const configs = machineNames.map((name) => readHub(data, name));
  const sides = configs.map(({ name, hub, pushgateway }) => ({
    machine: name,
    hub: urlOf(hub),
    pushgateway: urlOf(pushgateway),
  }));
  const [seen, gateways] = await Promise.all([
    steps(configs.map((config) => ({ title: `looking at ${config.name}`, work: () => examine(config, data, here) }))),
    checkGateways(sides),
  ]);
  const reports = seen.map(({ machine, checks }) => ({
    machine: machine.name,
    address: urlOf(machine.hub),
    checks: [...checks, ...(gateways.get(machine.name) ?? [])],
  }));
  const between = [
    ...checkSameVersions(new Map(seen.map(({ machine, versions }) => [machine.name, versions]))),
    ...checkRunLock(data),
  ];
  return {
    reports: between.length === 0 ? reports : [...reports, { machine: "both machines", address: "", checks: between }],
    async run(_, script) {
      const { code, stderr } = await runShell(["sh", "-c", script]);
      if (code !== 0) throw new OperatorError("doctor.fix", `it ended with ${code}: ${stderr}`, "Do it by hand");
    },
  };
}

async function examine(machine: MachineConfig, data: string, here: string) {
  const folder = join(data, machine.name);
  const hubUrl = urlOf(machine.hub);
  const script = [sectionFunction, diskScript(folder), roomScript(folder), fsyncScript(folder), "exit 0"].join("\n");
  const fromMs = Date.now();
  const fleet = await ask(hubUrl, "getFleet", {});
  const asked = { fromMs, toMs: Date.now() };
  const [ledger, varz, jsz, status, { stdout }] = await Promise.all([
    ask(hubUrl, "getLedger", {}),
    askHub(`${urlOf(machine.monitoring)}/varz`, Varz),
    askHub(`${urlOf(machine.monitoring)}${jszPath}`, Anything),
    askHub(`${urlOf(machine.pushgateway)}/api/v1/status`, GatewayStatus),
    runShell(["sh", "-c", script]),
  ]);
  const [facts, host] = [readFacts(stdout), readHostFacts(stdout)];
  const jetstream = readJsz(jsz);
  const versions: Versions = {
    nats: varz?.version,
    pushgateway: status?.data.build_information.version,
    node: process.versions.node,
    tandem: fleet?.version,
  };
  const checks: Check[] = [
    ...server("NATS", varz !== undefined, urlOf(machine.monitoring), `${folder}/logs/nats.log`),
    ...server("Pushgateway", status !== undefined, urlOf(machine.pushgateway), `${folder}/logs/pushgateway.log`),
    ...checkVersions(versions, here, "npm start fetches the one that is pinned, unless PATH has another"),
    ...checkDisk(facts),
    ...checkRoom(host.freeBytes, jetstream === undefined ? 0 : jetstream.limitBytes - jetstream.usedBytes),
    ...checkFsync(host.fsyncMs),
    ...checkStreams(jetstream),
    ...checkClock({ wallMs: fleet && Date.parse(fleet.now) }, asked),
    ...(fleet === undefined
      ? [fail("hub", `does not answer at ${hubUrl}`, `npm start starts it again; its log is ${folder}/logs/hub.log`)]
      : checkHub(fleet, ledger, { machine: machine.name, hubUrl, hubImage: undefined })),
  ];
  return { machine, versions, checks };
}

const server = (what: string, answers: boolean, url: string, log: string): Check[] =>
  answers
    ? []
    : [fail(`container ${what}`, `does not answer at ${url}`, `npm start starts it again; its log is ${log}`)];

/** A run that was killed leaves its lock, which the next one takes. */
function checkRunLock(data: string): Check[] {
  const path = join(data, "tandem.lock");
  const remove = `rm -f ${shellQuote(path)}`;
  const fix = { what: remove, script: remove };
  try {
    const { pid } = Lock.parse(JSON.parse(readFileSync(path, "utf8")));
    if (isAlive(pid)) return [ok("lock", `held by process ${pid}`)];
    return [warn("lock", `${path} is of process ${pid}, which runs no more`, remove, fix)];
  } catch {
    return existsSync(path)
      ? [warn("lock", `${path} cannot be read`, remove, fix)]
      : [ok("lock", "free: nothing runs")];
  }
}

function readHub(data: string, machine: string): MachineConfig {
  const path = filesOf(join(data, machine)).hubConfig;
  if (existsSync(path)) return HubConfig.parse(JSON.parse(readFileSync(path, "utf8"))).machine;
  const next = "Name the folder that npm start or tandem local was started with";
  throw new OperatorError("doctor.no-run", `${path} does not exist, so ${data} is no local run's data`, next);
}
