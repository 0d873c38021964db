/** Makes this project's inventory of a fleet's startup files, and says all that it had to decide. Pure. */
import { portsToKeepFree } from "../reserved-ports.ts";
import { readAgents, type StartupAgent } from "./agent.ts";
import { proposeBatches } from "./batches.ts";
import { readEdges } from "./depend.ts";
import { crossingOf, type Edges } from "./edges.ts";
import { type ImportFinding, listed, Report } from "./finding.ts";
import { readForms, type StartupFile, type StartupText } from "./forms.ts";
import { type Placement, placePorts } from "./ports.ts";
import { batchesText, type ImportedAgent, machineText } from "./render.ts";

export interface ImportArgs {
  sources: readonly StartupText[];
  /** What `${PORT_OFFSET}` stands for. */
  portOffset: number;
  /** Names of entries that stand for the hub itself. */
  hubs: readonly string[];
  /** Names of those that move first. */
  pilots: readonly string[];
  /** Machines without a hub, each with the one whose hub looks after it. */
  satellites?: ReadonlyMap<string, string>;
}

export interface ImportedFleet {
  /** Text by name of file; none after an error. */
  files: Map<string, string>;
  /** Number of agents by machine, as far as they could be read. */
  machines: Map<string, number>;
  findings: ImportFinding[];
}

const noGroup = "ungrouped";

export function importFleet(args: ImportArgs): ImportedFleet {
  const report = new Report();
  const read = args.sources.map((source) => readForms(source, report));
  const agents = readAgents(
    read.flatMap(({ entries }) => entries),
    args.portOffset,
    report,
  );
  const byMachine = Map.groupBy(
    read.flatMap((file) => (file.machine === undefined ? [] : [{ ...file, machine: file.machine }])),
    ({ machine }) => machine,
  );
  const machines = [...byMachine.keys()];
  const counts = new Map(machines.map((name) => [name, agents.filter(({ machine }) => machine === name).length]));
  checkPair(machines, args, read, report);
  if (!report.failed)
    for (const [machine, [file]] of byMachine)
      if (counts.get(machine) === 0 && file !== undefined)
        report.error(file.place, "machine.empty", `${machine} has no agents`, "Give it one at least");
  // What could not be read would be missed by what could be.
  if (report.failed) return { files: new Map(), machines: counts, findings: report.findings };

  const pair = machines.filter((name) => args.satellites?.has(name) !== true);
  const isHub = ({ name, machine }: StartupAgent) => pair.includes(machine) && args.hubs.includes(name);
  const reserved = portsToKeepFree(pair);
  const common = agents.filter((agent) => !isHub(agent));
  const edges = readEdges(agents, isHub, report);
  const ports = placePorts(common, machines, reserved, report);
  noteDefaults(common, machines, report);
  for (const [machine, [file]] of byMachine) {
    if (file === undefined || file.gpu !== undefined) continue;
    report.note(file.place, "gpu.unstated", `${machine}: no word on its GPU`, "Write gpu: it is for people");
  }
  const hubs = agents.filter(isHub).map((agent): [string, Placement] => {
    const port = reserved.find(({ machine, what }) => machine === agent.machine && what === "hub")?.port ?? agent.port;
    const message = `${agent.id} is the hub, which Tandem brings, with ports of the site: ${port} for all three, not ${[agent.port, agent.healthPort, ...agent.extraPorts.map((extra) => `${extra.name} ${extra.port}`)].filter((each) => each !== undefined).join(", ")}`;
    report.note(agent.place("port"), "hub.ports", message, "", agent.id);
    return [agent.id, { port, healthPort: port, httpPort: port, kind: "http" }];
  });
  const placements = new Map([...ports.placements, ...hubs]);
  const movers = agents.filter(({ machine }) => pair.includes(machine));
  const batches = proposeBatches(
    { agents: movers, machines: pair, planned: read.flatMap((file) => file.batches), pilots: args.pilots },
    edges,
    report,
  );
  if (report.failed) return { files: new Map(), machines: counts, findings: report.findings };

  const files = new Map(
    [...byMachine].map(([machine, sources]) => [
      `${machine}.yaml`,
      machineText({
        machine,
        watchedBy: args.satellites?.get(machine),
        gpu: sources.find(({ gpu }) => gpu !== undefined)?.gpu ?? "not stated",
        beside: ports.beside.filter((each) => each.machine === machine),
        agents: agents
          .filter((agent) => agent.machine === machine)
          .map((agent) => imported(agent, isHub(agent), placements.get(agent.id), edges.get(agent.id), report)),
        files: [...new Set(sources.map(({ place }) => baseName(place.file)))],
      }),
    ]),
  );
  files.set("batches.yaml", batchesText(batches));
  return { files, machines: counts, findings: report.findings };
}

function imported(
  agent: StartupAgent,
  isHub: boolean,
  placement: Placement | undefined,
  edges: Edges | undefined,
  report: Report,
): ImportedAgent {
  if (placement === undefined) throw new RangeError(`${agent.id} was given no ports`);
  const own = `${agent.machine}/`;
  const named = (ids: readonly string[] = []) => ids.map((id) => (id.startsWith(own) ? id.slice(own.length) : id));
  const across = [...(edges?.needs ?? []), ...(edges?.wants ?? [])].filter((id) => !id.startsWith(own));
  const warnings = report.findings.filter(({ severity, agent: id }) => severity === "warning" && id === agent.id);
  return {
    name: agent.name,
    group: agent.group ?? noGroup,
    required: agent.required,
    isHub,
    ...placement,
    needs: named(edges?.needs),
    wants: named(edges?.wants),
    crosses: Object.fromEntries(across.map((id) => [id, crossingOf(id, edges)])),
    // Places are the startup file's, whose lines move.
    remarks: warnings.map(({ message }) => message.replaceAll(/ \([^()\s]+:\d+\)/g, "")),
  };
}

/** What a startup file leaves out for many agents alike is said once a machine. */
function noteDefaults(agents: readonly StartupAgent[], machines: readonly string[], report: Report): void {
  for (const machine of machines) {
    const own = agents.filter((agent) => agent.machine === machine);
    const say = (silent: readonly StartupAgent[], code: string, what: string, next: string) => {
      const [first] = silent;
      if (first === undefined) return;
      report.note(first.place(), code, `${what}: ${listed(silent.map(({ name }) => name))}`, next);
    };
    const noKind = own.filter(({ healthKind }) => healthKind === undefined);
    say(
      noKind,
      "health.kind",
      "no health_kind, written as zmq, as most agents answer",
      "Write http for those that do not",
    );
    const ungrouped = own.filter(({ group }) => group === undefined);
    say(ungrouped, "group.none", `no group, written as ${noGroup}`, "Group them: the hub's page goes by it");
    const failover = "failover: optional is written, since a startup file does not say what may move";
    const next = "State mode, singleWriter, priority, memoryMb and vramMb of every agent, then write required";
    if (own[0] !== undefined)
      report.note({ ...own[0].place(), line: 1 }, "failover.unstated", `${machine}: ${failover}`, next);
  }
}

function checkPair(machines: readonly string[], args: ImportArgs, read: readonly StartupFile[], report: Report): void {
  const pair = machines.filter((name) => args.satellites?.has(name) !== true);
  const place = read.find(({ machine }) => machine !== undefined)?.place;
  if (pair.length === 2 || place === undefined || report.failed) return;
  const message = `a fleet has a pair of machines with a hub each, and these are ${pair.length}: ${pair.join(", ")}`;
  const next =
    pair.length < 2
      ? "Give the startup file of the other machine too"
      : `Say which have no hub: --satellite ${pair[2]}=${pair[1]}`;
  report.error(place, "machine.pair", message, next);
}

const baseName = (path: string) => path.slice(path.lastIndexOf("/") + 1);
