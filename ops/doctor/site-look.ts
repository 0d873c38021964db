/** Looks at the machines of a deployed site: one script each over SSH, and their hubs over HTTP. */
import { hostPort, hubUrlOf } from "../../components/address.ts";
import { containerName } from "../../components/agent.ts";
import { findFiles } from "../../components/drift.ts";
import { startedBy } from "../../components/machine-agents.ts";
import { programImageTag } from "../../components/program-image.ts";
import { shellCommand } from "../../components/reach.ts";
import type { SatelliteSite } from "../../components/satellite-site.ts";
import { serverPorts } from "../../components/server-ports.ts";
import type { Site } from "../../components/site.ts";
import { fleetDirectoryOf } from "../../components/site-fleet.ts";
import { reachOf, rootsOf } from "../../components/site-reach.ts";
import { hasOwnCertificate } from "../../components/tls-conf.ts";
import { loadFleet } from "../../fleet/load.ts";
import { messageOf } from "../../hub/io/log.ts";
import { build } from "../build.ts";
import { ask, askOne } from "../client/hub-client.ts";
import { OperatorError } from "../error.ts";
import { runShell, unreachable } from "../site/shell.ts";
import type { Stack } from "../site/stacks.ts";
import type { Progress } from "../terminal/progress.ts";
import { checkChannels } from "./channels.ts";
import { type Check, fail, ok } from "./check.ts";
import {
  checkFiles,
  checkHub,
  checkMachine,
  checkSatellite,
  type Expected,
  type ExpectedContainer,
  serverContainers,
} from "./checks.ts";
import { type ClockRead, checkClocks } from "./clocks.ts";
import { checkDirectories } from "./directories.ts";
import { type MachineFacts, readFacts } from "./facts.ts";
import { checkGateways } from "./gateway-look.ts";
import {
  checkCertificates,
  checkFsync,
  checkLogs,
  checkPorts,
  checkRoom,
  checkSecretOwners,
  checkSshd,
} from "./host-checks.ts";
import { type HostFacts, readHostFacts } from "./host-facts.ts";
import { checkLock } from "./lock-check.ts";
import type { Look } from "./look.ts";
import { readClock } from "./read-clock.ts";
import type { Report } from "./report.ts";
import { Sections } from "./sections.ts";
import { serversOf } from "./servers.ts";
import { siteScript } from "./site-script.ts";
import { checkSameVersions, checkVersions, type Versions } from "./versions.ts";

/** What is compared between machines. */
interface Seen {
  report: Report;
  clock: ClockRead | undefined;
  versions: Versions;
}

const mebi = 1024 ** 2;
const scriptMs = 90_000;
const fixMs = 120_000;

/** @param here version of this checkout */
export async function lookAtSite(
  stacks: readonly Stack[],
  here: string,
  { steps }: Pick<Progress, "steps">,
): Promise<Look> {
  const pair = stacks.flatMap(({ site }) => (site.role === "pair" ? site : []));
  const sides = pair.map(({ machine }) => ({
    machine: machine.name,
    hub: hubUrlOf(machine),
    pushgateway: `http://${hostPort(machine.address, machine.pushgatewayPort)}`,
  }));
  const [seen, gateways] = await Promise.all([
    steps(
      stacks.map(({ site }) => ({
        title: `looking at ${site.machine.name}`,
        work: () => (site.role === "satellite" ? examineSatellite(site) : examineMachine(site, here)),
      })),
    ),
    checkGateways(sides),
  ]);
  const reports = seen.map(({ report }) => ({
    ...report,
    checks: [...report.checks, ...(gateways.get(report.machine) ?? [])],
  }));
  const between = [
    ...checkClocks(seen.flatMap(({ clock }) => clock ?? [])),
    ...checkSameVersions(new Map(seen.slice(0, pair.length).map(({ report, versions }) => [report.machine, versions]))),
  ];
  return {
    reports: between.length === 0 ? reports : [...reports, { machine: "both machines", address: "", checks: between }],
    run: (machine, script) => runFix(stacks, machine, script),
  };
}

async function runFix(stacks: readonly Stack[], machine: string, script: string): Promise<void> {
  const site = stacks.find(({ site }) => site.machine.name === machine)?.site;
  if (site === undefined) throw new RangeError(`no machine ${machine}`);
  const result = await runShell(shellCommand(reachOf(site), script), { deadlineMs: fixMs });
  const lost = unreachable(site, result);
  if (lost !== undefined) throw lost;
  if (result.code === 0) return;
  throw new OperatorError("doctor.fix", `it ended with ${result.code}: ${result.stderr}`, "Do it by hand there");
}

async function hubImage(base: string): Promise<string> {
  const { hub } = await build();
  return programImageTag({ program: "hub", bundleHash: hub.contentHash, base });
}

async function examineMachine(site: Site, here: string): Promise<Seen> {
  const { machine } = site;
  const expected: Expected = {
    machine: machine.name,
    hubUrl: hubUrlOf(machine),
    hubImage: site.images.hub === "" ? await hubImage(site.images.hubBase) : undefined,
    containers: containersOf(site),
    isHere: site.docker.socket !== "",
  };
  const [local, said, ledger, notifications] = await Promise.all([
    lookAt(site, expected),
    askOne(expected.hubUrl, "getFleet", {}),
    ask(expected.hubUrl, "getLedger", {}),
    ask(expected.hubUrl, "getNotifications", {}),
  ]);
  const fleet = "value" in said ? said.value : undefined;
  const why = "why" in said ? said.why : undefined;
  const versions = { ...local.versions, tandem: fleet?.version };
  const checks = [
    ...local.checks,
    ...checkVersions(versions, here, "Set images.* of the stack to a later one, then tandem deploy"),
    ...checkHub(fleet, ledger, expected, why),
    ...checkChannels(notifications),
  ];
  return { ...local, versions, report: { machine: machine.name, address: machine.address, checks } };
}

function containersOf(site: Stack["site"]): ExpectedContainer[] {
  const { fleet } = loadFleet(fleetDirectoryOf(site));
  const agents = startedBy(site, fleet).map(({ agent, role }) => ({
    part: agent.name,
    name: containerName(agent, role),
  }));
  return [...serverContainers(site.machine.name, serversOf(site, fleet)), ...agents];
}

async function examineSatellite(site: SatelliteSite): Promise<Seen> {
  const { machine, hubs } = site;
  const asked = await Promise.all(
    hubs.map(async (hub) => ({ url: hubUrlOf(hub), said: await askOne(hubUrlOf(hub), "getFleet", {}) })),
  );
  const answer = asked.find(({ said }) => "value" in said) ?? asked[0];
  const fleet = answer !== undefined && "value" in answer.said ? answer.said.value : undefined;
  const why = [...new Set(asked.flatMap(({ said }) => ("why" in said ? said.why : [])))].join("; ");
  const expected: Expected = {
    machine: machine.name,
    hubUrl: answer?.url ?? "",
    hubImage: undefined,
    containers: containersOf(site),
    isHere: site.docker.socket !== "",
  };
  const local = await lookAt(site, expected);
  const checks = [...local.checks, ...checkSatellite(fleet, expected, why)];
  return { ...local, report: { machine: machine.name, address: machine.address, checks } };
}

async function lookAt(site: Stack["site"], expected: Expected): Promise<Omit<Seen, "report"> & { checks: Check[] }> {
  const { machine } = site;
  const failed = (found: string, next: string) => ({
    checks: [fail("machine", found, next)],
    clock: undefined,
    versions: {},
  });
  try {
    const askedAtMs = Date.now();
    const result = await runShell(shellCommand(reachOf(site), siteScript(site)), { deadlineMs: scriptMs });
    const lost = unreachable(site, result);
    if (lost !== undefined) return failed(lost.message, lost.next);
    if (result.code !== 0)
      return failed(
        `the script ended with ${result.code}: ${result.stderr}`,
        "Check ssh.user and ssh.become of the stack",
      );
    const asked = { fromMs: askedAtMs, toMs: Date.now() };
    const read = readFacts(result.stdout);
    const clock = (await readClock(reachOf(site))) ?? { ...asked, wallMs: read.wallMs };
    const [facts, host] = [{ ...read, wallMs: clock.wallMs }, readHostFacts(result.stdout)];
    const lock =
      facts.uid === 0 ? checkLock(new Sections(result.stdout).text("lock"), site.paths.data, asked.toMs) : [];
    const checks = [
      ok("machine", `reached at ${machine.address}`),
      ...checkMachine(facts, expected, clock),
      ...hostChecks(site, facts, host, asked.toMs),
      ...lock,
    ];
    const { wallMs, engine } = facts;
    const its = wallMs === undefined ? undefined : { ...clock, machine: machine.name, wallMs };
    const seen = { clock: its, versions: { ...host.versions, engine } };
    if (facts.uid !== 0) return { ...seen, checks };
    const files = checkFiles((await findFiles(reachOf(site), rootsOf(site))).changed(), expected);
    return { ...seen, checks: [...checks, ...files] };
  } catch (error) {
    return error instanceof OperatorError ? failed(error.message, error.next) : failed(messageOf(error), "");
  }
}

function hostChecks(site: Stack["site"], facts: MachineFacts, host: HostFacts, nowMs: number): Check[] {
  const { machine, paths } = site;
  const { jetstream, wallMs = nowMs } = facts;
  const spoolBytes = site.role === "pair" ? site.hub.spoolMb * mebi : 0;
  const growBytes = (jetstream === undefined ? 0 : jetstream.limitBytes - jetstream.usedBytes) + spoolBytes;
  return [
    ...checkRoom(host.freeBytes, growBytes),
    ...checkFsync(host.fsyncMs),
    ...checkPorts(host, serverPorts(site)),
    ...checkSshd(host),
    ...checkCertificates(host, nowMs, site.role === "pair" && hasOwnCertificate(site) ? machine.name : undefined),
    ...checkSecretOwners(facts.secrets, host),
    ...checkDirectories(host, paths),
    ...checkLogs(host.logs, `${paths.config}/logs/tandem-logs.sh`, wallMs),
  ];
}
