/** `tandem doctor`: looks at all machines of a site from outside and says what is wrong and what to do. */
import type { Command } from "commander";
import { hubUrlOf } from "../components/address.ts";
import { containerName } from "../components/agent.ts";
import { findFiles } from "../components/drift.ts";
import { startedBy } from "../components/machine-agents.ts";
import { programImageTag } from "../components/program-image.ts";
import { shellCommand } from "../components/reach.ts";
import type { SatelliteSite } from "../components/satellite-site.ts";
import type { Site } from "../components/site.ts";
import { fleetDirectoryOf } from "../components/site-fleet.ts";
import { reachOf, rootsOf } from "../components/site-reach.ts";
import { loadFleet } from "../fleet/load.ts";
import { FleetView, LedgerView } from "../hub/http/api.ts";
import { messageOf } from "../hub/io/log.ts";
import { build } from "./build.ts";
import {
  type Check,
  checkFiles,
  checkHub,
  checkMachine,
  checkSatellite,
  type Expected,
  type ExpectedContainer,
  serverContainers,
} from "./doctor/checks.ts";
import { factsScript, readFacts } from "./doctor/facts.ts";
import { serversOf } from "./doctor/servers.ts";
import { OperatorError } from "./error.ts";
import { askHub } from "./site/ask-hub.ts";
import { runShell, unreachable } from "./site/shell.ts";
import { readStacks, type Stack, siteDir } from "./site/stacks.ts";

interface DoctorOptions {
  stack?: string[];
  dir: string;
  json: boolean;
}

interface Report {
  machine: string;
  address: string;
  checks: Check[];
}

const exitFail = 1;

export function registerDoctor(program: Command): void {
  program
    .command("doctor")
    .description(
      "look at each machine over SSH and at its hub over HTTP: engine, containers, changed files, secret files, disk, " +
        "streams, clock, sync, ledger; ends with 1 when something has failed",
    )
    .option("--stack <name...>", "stacks to look at (default: the pair's and the satellites')")
    .option("--dir <folder>", "folder with Pulumi.yaml and the stacks' files", siteDir)
    .option("--json", "print one JSON object", false)
    .addHelpText("after", "\nExample:\n  $ tandem doctor --stack pc2")
    .action(doctor);
}

async function doctor({ stack, dir, json }: DoctorOptions): Promise<void> {
  const reports = await Promise.all(readStacks(stack, dir).map(examine));
  const checks = reports.flatMap((report) => report.checks);
  const failed = checks.filter(({ status }) => status === "fail").length;
  process.exitCode = failed > 0 ? exitFail : 0;
  if (json) return void process.stdout.write(`${JSON.stringify({ failed, machines: reports })}\n`);
  process.stdout.write(`${toText(reports, failed)}\n`);
}

async function hubImage(base: string): Promise<string> {
  const { hub } = await build();
  return programImageTag({ program: "hub", bundleHash: hub.contentHash, base });
}

function examine({ site }: Stack): Promise<Report> {
  return site.role === "satellite" ? examineSatellite(site) : examineMachine(site);
}

async function examineMachine(site: Site): Promise<Report> {
  const { machine } = site;
  const expected: Expected = {
    machine: machine.name,
    hubUrl: hubUrlOf(machine),
    hubImage: site.images.hub === "" ? await hubImage(site.images.hubBase) : undefined,
    containers: containersOf(site),
  };
  const [local, fleet, ledger] = await Promise.all([
    lookAt(site, expected),
    askHub(`${expected.hubUrl}/api/v1/fleet`, FleetView),
    askHub(`${expected.hubUrl}/api/v1/ledger`, LedgerView),
  ]);
  return { machine: machine.name, address: machine.address, checks: [...local, ...checkHub(fleet, ledger, expected)] };
}

function containersOf(site: Stack["site"]): ExpectedContainer[] {
  const { fleet } = loadFleet(fleetDirectoryOf(site));
  const agents = startedBy(site, fleet).map(({ agent, role }) => ({
    part: agent.name,
    name: containerName(agent, role),
  }));
  return [...serverContainers(site.machine.name, serversOf(site, fleet)), ...agents];
}

async function examineSatellite(site: SatelliteSite): Promise<Report> {
  const { machine, hubs } = site;
  const asked = await Promise.all(
    hubs.map(async (hub) => ({ url: hubUrlOf(hub), fleet: await askHub(`${hubUrlOf(hub)}/api/v1/fleet`, FleetView) })),
  );
  const answer = asked.find(({ fleet }) => fleet !== undefined) ?? asked[0];
  const expected: Expected = {
    machine: machine.name,
    hubUrl: answer?.url ?? "",
    hubImage: undefined,
    containers: containersOf(site),
  };
  const local = await lookAt(site, expected);
  return {
    machine: machine.name,
    address: machine.address,
    checks: [...local, ...checkSatellite(answer?.fleet, expected)],
  };
}

async function lookAt(site: Stack["site"], expected: Expected): Promise<Check[]> {
  const { machine, paths } = site;
  const script = factsScript({
    machine: machine.name,
    configDirectory: paths.config,
    dataDirectory: paths.data,
    monitoringPort: site.role === "pair" ? site.machine.monitoringPort : undefined,
  });
  const failed = (found: string, next: string): Check[] => [{ name: "machine", status: "fail", found, next }];
  try {
    const askedAtMs = Date.now();
    const result = await runShell(shellCommand(reachOf(site), script));
    const lost = unreachable(site, result);
    if (lost !== undefined) return failed(lost.message, lost.next);
    if (result.code !== 0)
      return failed(
        `the script ended with ${result.code}: ${result.stderr}`,
        "Check ssh.user and ssh.become of the stack",
      );
    const reached: Check = { name: "machine", status: "ok", found: `reached at ${machine.address}`, next: "" };
    const asked = { fromMs: askedAtMs, toMs: Date.now() };
    const facts = readFacts(result.stdout);
    const seen = [reached, ...checkMachine(facts, expected, asked)];
    if (facts.uid !== 0) return seen;
    return [...seen, ...checkFiles((await findFiles(reachOf(site), rootsOf(site))).changed(), expected)];
  } catch (error) {
    return error instanceof OperatorError ? failed(error.message, error.next) : failed(messageOf(error), "");
  }
}

const signs: Record<Check["status"], string> = { ok: "ok  ", warn: "warn", fail: "FAIL" };

function toText(reports: Report[], failed: number): string {
  const width = Math.max(...reports.flatMap(({ checks }) => checks.map(({ name }) => name.length)));
  const lines = reports.flatMap(({ machine, address, checks }) => [
    `${machine} (${address})`,
    ...checks.flatMap(({ name, status, found, next }) => [
      `  ${signs[status]}  ${name.padEnd(width)}  ${found}`,
      ...(next === "" ? [] : [`        ${" ".repeat(width)}  → ${next}`]),
    ]),
  ]);
  const warned = reports.flatMap(({ checks }) => checks).filter(({ status }) => status === "warn").length;
  return [...lines, `${failed} failed, ${warned} worth a look`].join("\n");
}
