/** What is wrong with a machine, from what was read of it; pure, so that each finding can be tried without a machine. */

import type { FileChange } from "../../components/drift-script.ts";
import { isNamed } from "../../components/readiness.ts";
import { shellQuote } from "../../components/shell.ts";
import type { FleetView, LedgerView } from "../../hub/http/api.ts";
import { because } from "../deploy/look.ts";
import { type Check, fail, ok, warn } from "./check.ts";
import type { ContainerFacts, MachineFacts } from "./facts.ts";
import { checkStreams } from "./streams.ts";

export interface Expected {
  machine: string;
  /** Containers that must run there. @default NATS, Pushgateway and hub of a machine of the pair */
  containers?: readonly ExpectedContainer[];
  /** Whether it is this very computer, by a socket of its engine. @default false */
  isHere?: boolean;
  /** Where the hub is reached. */
  hubUrl: string;
  /** The hub's image that this checkout would deploy; undefined when it is not known. */
  hubImage: string | undefined;
}

export interface ExpectedContainer {
  /** What it is, such as `hub`. */
  part: string;
  name: string;
}

export const serverContainers = (machine: string, parts: readonly string[]): ExpectedContainer[] =>
  parts.map((part) => ({ part, name: `tandem-${machine}-${part}` }));

/** From these on a disk is worth a look, or in danger, percent. */
const diskWarn = 80;
const diskFail = 95;
/** The hubs order writes within their clocks' difference; above this they alert, ms. */
const clockWarnMs = 500;

/** Wall time here before and after a machine was asked for its own, ms. */
export interface Asked {
  fromMs: number;
  toMs: number;
}

export function checkMachine(facts: MachineFacts, expected: Expected, asked: Asked): Check[] {
  if (facts.engine === undefined) {
    const next = `Start it there (systemctl start docker), or let the stack's ssh.user use it`;
    return [fail("Docker engine", "does not answer", next), ...checkDisk(facts)];
  }
  const containers = expected.containers ?? serverContainers(expected.machine, ["nats", "pushgateway", "hub"]);
  return [
    ok("Docker engine", facts.engine),
    ...containers.flatMap((container) => checkContainer(container, facts, expected)),
    ...checkRights(facts, expected),
    ...checkSecrets(facts),
    ...checkDisk(facts),
    ...checkStreams(facts.jetstream),
    ...checkClock(facts, asked),
  ];
}

const up = (machine: string) => `pulumi up -s ${machine}`;

function checkContainer({ part, name: wanted }: ExpectedContainer, facts: MachineFacts, expected: Expected): Check[] {
  const { machine } = expected;
  const name = `container ${part}`;
  const [container, ...others] = facts.containers
    .filter((candidate) => isNamed(candidate.name, wanted))
    .toSorted((a, b) => Number(b.status === "running") - Number(a.status === "running"));
  if (container === undefined) return [fail(name, "is not there", `${up(machine)} --refresh`)];
  return [
    checkState(name, container, machine),
    ...checkImage(part, container, expected),
    ...others.map((other) =>
      warn(name, `${other.name} is there besides, as an up that was broken off leaves it`, up(machine)),
    ),
  ];
}

function checkState(name: string, container: ContainerFacts, machine: string): Check {
  const { status, health, restarts, outOfMemory } = container;
  const there = `tandem ssh ${machine} -- docker`;
  const logs = `${there} logs --tail 50 ${container.name}`;
  // An `up` starts none that may be moved.
  if (status !== "running")
    return fail(name, `is ${status}`, `${logs} says why; ${there} start ${container.name} starts it`);
  if (health !== "" && health !== "healthy") return fail(name, `runs, but is ${health}`, `Read its log: ${logs}`);
  if (outOfMemory) return warn(name, "was killed for want of memory", "Raise its limit: limits.* in the stack's file");
  if (restarts > 0) return warn(name, `healthy, restarted ${restarts} times`, `Read its log: ${logs}`);
  return ok(name, "healthy");
}

function checkImage(part: string, { image }: ContainerFacts, { machine, hubImage }: Expected): Check[] {
  if (part !== "hub" || hubImage === undefined) return [];
  return image === hubImage
    ? [ok("hub's image", image)]
    : [warn("hub's image", `${image}; this checkout makes ${hubImage}`, `${up(machine)} brings it up to date`)];
}

/** Another than root sees neither secrets nor files, and finding none of them changed would say nothing. */
function checkRights({ uid }: MachineFacts, { machine, isHere = false }: Expected): Check[] {
  if (uid === undefined || uid === 0) return [];
  const next = isHere
    ? "Run it as root: the machine is this computer, which docker.socket of its stack says"
    : `Set how that user becomes root: pulumi config set -s ${machine} --path ssh.become sudo (or docker)`;
  return [fail("rights", `user ${uid} may not read the files of a deploy, so they were not looked at`, next)];
}

function checkSecrets({ secrets }: MachineFacts): Check[] {
  if (secrets.length === 0) return [];
  const open = secrets.filter(({ mode }) => mode !== "400");
  if (open.length === 0) return [ok("secret files", `${secrets.length}, each 0400`)];
  return open.map(({ path, mode }) => {
    const chmod = `chmod 400 ${shellQuote(path)}`;
    return fail("secret files", `${path} has mode ${mode}`, chmod, { what: chmod, script: chmod });
  });
}

type Disk = Pick<MachineFacts, "diskUsedPercent" | "inodesUsedPercent">;

export function checkDisk({ diskUsedPercent, inodesUsedPercent }: Disk): Check[] {
  const judge = (name: string, used: number | undefined): Check => {
    if (used === undefined) return warn(name, "cannot be told: the data directory is not there", "");
    const next = "Make room on the disk that holds paths.data; pushes are refused when it is full";
    if (used >= diskFail) return fail(name, `${used} % used`, next);
    return used >= diskWarn ? warn(name, `${used} % used`, next) : ok(name, `${used} % used`);
  };
  return [judge("disk", diskUsedPercent), judge("inodes", inodesUsedPercent)];
}

/** What lies between question and answer cannot be told from the way there and back. */
export function checkClock({ wallMs }: Pick<MachineFacts, "wallMs">, { fromMs, toMs }: Asked): Check[] {
  if (wallMs === undefined) return [];
  const offMs = wallMs < fromMs ? wallMs - fromMs : Math.max(0, wallMs - toMs);
  if (offMs === 0) return [ok("clock", "as here")];
  const found = `at least ${Math.abs(offMs)} ms ${offMs < 0 ? "behind" : "ahead of"} this computer`;
  return Math.abs(offMs) > clockWarnMs
    ? [warn("clock", found, "Keep both machines' clocks by NTP: writes are ordered by them")]
    : [ok("clock", found)];
}

/** Files that were changed by hand; a preview warns of them too, and an up writes them again. */
export function checkFiles(changed: readonly FileChange[], { machine }: Expected): Check[] {
  if (changed.length === 0) return [ok("files", "as deployed")];
  return changed.map(({ path, kind }) => {
    const how = kind === "missing" ? "was deleted" : "was changed by hand";
    return fail("files", `${path} ${how}`, `${up(machine)} puts it back`);
  });
}

/** What a hub says of the pair. @param fleet undefined when the hub did not answer @param why it did not */
export function checkHub(
  fleet: FleetView | undefined,
  ledger: LedgerView | undefined,
  { hubUrl, machine }: Expected,
  why?: string,
): Check[] {
  if (fleet === undefined || ledger === undefined) {
    const next = `Look at container hub above; from here, try curl ${hubUrl}/livez`;
    return [fail("hub", `does not answer at ${hubUrl}${because(why)}`, next)];
  }
  const peer = Object.keys(fleet.machines).find((name) => name !== machine) ?? "";
  const verdict = fleet.machines[peer]?.verdict ?? "unknown";
  const { healthy = 0 } = fleet.totals;
  const all = fleet.agents.length;
  return [
    ok("hub", `answers at ${hubUrl}`),
    verdict === "alive" ? ok("peer", `${peer} is alive`) : fail("peer", `${peer} is ${verdict}`, `Look at ${peer}`),
    fleet.sync.state === "in-sync"
      ? ok("sync", "in sync")
      : fail(
          "sync",
          `degraded: ${fleet.sync.reason}`,
          "Look at the peer and the link; what is taken meanwhile has one copy",
        ),
    ledger.missing === 0
      ? ok("ledger", `missing 0, copies ${ledger.copies}`)
      : fail("ledger", `${ledger.missing} records are missing`, `Read ${hubUrl}/api/v1/ledger`),
    healthy === all
      ? ok("agents", `all ${all} healthy`)
      : warn("agents", `${all - healthy} of ${all} are not healthy`, `See which at ${hubUrl}/`),
  ];
}

/** What a hub says of a satellite. @param fleet undefined when neither hub answered @param why they did not */
export function checkSatellite(fleet: FleetView | undefined, { machine, hubUrl }: Expected, why?: string): Check[] {
  if (fleet === undefined)
    return [fail("hub", `neither hub of the pair answers${because(why)}`, "Look at the pair first")];
  const satellite = fleet.satellites[machine];
  if (satellite === undefined) {
    const next = "Name it in satellites of both stacks of the pair, and pulumi up both";
    return [fail("hub", `${fleet.hub} knows no satellite ${machine}`, next)];
  }
  const { verdict, reason, askedBy } = satellite;
  const agents = fleet.agents.filter((agent) => agent.machine === machine);
  const healthy = agents.filter(({ health }) => health === "healthy").length;
  const asked = `asked by the hub of ${askedBy}`;
  const judged = {
    alive: ok("satellite", `alive, ${asked}`),
    unknown: warn(
      "satellite",
      `not judged: ${reason}`,
      agents.length === 0 ? `Write agents into fleet/${machine}.yaml` : "",
    ),
    suspect: fail("satellite", `under suspicion: ${reason}`, `Look at its agents on ${machine}`),
    dead: fail(
      "satellite",
      `dead: ${reason}`,
      `Look at ${machine}, and whether the hubs reach its agents' health ports`,
    ),
    isolated: fail("satellite", `out of reach: ${reason}`, `Look at the network of ${askedBy}`),
  }[verdict];
  return [
    judged,
    healthy === agents.length
      ? ok("agents", `all ${agents.length} healthy`)
      : warn("agents", `${agents.length - healthy} of ${agents.length} are not healthy`, `See which at ${hubUrl}/`),
  ];
}
