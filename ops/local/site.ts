/** The machines of a local run: their addresses on this computer, and the config files of every process. */
import { join } from "node:path";
import { hubConfig, renderHubConfig } from "../../components/hub-config.ts";
import { renderNatsConf } from "../../components/nats-conf.ts";
import { renderRouterConfig, routerConfig } from "../../components/router-conf.ts";
import { renderWitnessConf } from "../../components/witness-conf.ts";
import { pairOf, satellitesOf } from "../../fleet/machines.ts";
import type { Fleet, PlacedAgent } from "../../fleet/model.ts";
import { reservedPorts } from "../../fleet/reserved-ports.ts";
import type { AccessConfig } from "../../hub/access/config.ts";
import type { MachineConfig } from "../../hub/config.ts";
import type { NotificationsInput } from "../../hub/notify/config.ts";
import type { RemoteWriteInput } from "../../hub/remote-write/config.ts";
import type { SupervisedProcess, SupervisorConfigInput } from "../../hub/supervisor/config.ts";
import { OperatorError } from "../error.ts";
import { controlSocketPath, type HostConfigInput } from "./agents/config.ts";
import { type DataFolder, writeWhole } from "./data-folder.ts";
import { agentClaims, type PortClaim, type PortPlan, planPorts } from "./ports.ts";

export type AgentChoice = "pilots" | "all" | "none";

export interface Site {
  fleet: Fleet;
  plan: PortPlan;
  machines: SiteMachine[];
  /** Where the third NATS server listens; undefined for a run without one. */
  witness: { host: string; port: number } | undefined;
  /** Where both hubs send alerts. @default nowhere */
  notifications?: NotificationsInput;
  /** Where both hubs write all metrics. @default nowhere */
  remoteWrite?: RemoteWriteInput;
  /** Who may push and give orders. @default whoever reaches the hubs, and whoever is on this computer */
  access?: AccessConfig;
}

export interface SiteMachine extends MachineConfig {
  leafPort: number;
}

/** A process that hosts agents, and the config file that it is started with. */
export interface AgentProcess {
  machine: string;
  name: string;
  script: "host.ts" | "pilot.ts";
  configPath: string;
  healthPorts: number[];
  /** The cold service whose standby this is: the machine's supervisor starts it, and nobody else. */
  cold?: string;
}

/** The pair of a local run; satellites are named by the fleet. */
export const machineNames = ["mainpc", "pc2"] as const;
export const pilots: readonly string[] = ["ResourceManager", "UnifiedUtilsAgent"];
/** Name of the witness's folder, beside those of the machines. */
export const witnessName = "witness";
const witnessPort = 4224;
const host = "127.0.0.1";
const hubNames: Record<string, string> = { mainpc: "ObservabilityHub", pc2: "EdgeHub" };
const serverNames = {
  hub: "hub",
  nats: "NATS",
  monitoring: "NATS monitoring",
  leaf: "NATS leaf",
  beats: "beats",
  pushgateway: "Pushgateway",
  prometheus: "Prometheus",
  grafana: "Grafana",
};

export const otherMachine = (machine: string) => (machine === "mainpc" ? "pc2" : "mainpc");

/** Those of the pair and then the satellites'. */
export const allMachineNames = (fleet: Fleet): string[] => [
  ...machineNames,
  ...satellitesOf(fleet).map(({ name }) => name),
];

/** The hubs' ports here are those of a pair of these names. @throws OperatorError for another one */
export function requireLocalPair(fleet: Fleet): Fleet {
  const names = pairOf(fleet).map(({ machine }) => machine);
  if (machineNames.every((name) => names.includes(name))) return fleet;
  throw new OperatorError(
    "local.pair",
    `the local run takes a pair named ${machineNames.join(" and ")}, but the fleet's is ${names.join(" and ")}`,
    "Name its files so for the local run; satellites may have any name",
  );
}

/** Keeps of the fleet what runs: all of it, the hubs and pilots, or the hubs alone. */
export function chooseAgents(fleet: Fleet, choice: AgentChoice): Fleet {
  const runs = ({ name, isHub }: PlacedAgent) =>
    isHub || choice === "all" || (choice === "pilots" && pilots.includes(name));
  return { ...fleet, agents: fleet.agents.filter(runs) };
}

/** @param withWitness whether a third NATS server runs beside the pair */
export function planSite(fleet: Fleet, offset: number, withWitness = true): Site {
  const servers = reservedPorts.map(
    ({ machine, what, port }): PortClaim => ({ machine, what: serverNames[what], port }),
  );
  const third = withWitness ? [{ machine: witnessName, what: "NATS", port: witnessPort }] : [];
  const plan = planPorts([...servers, ...third, ...agentClaims(fleet, otherMachine)], offset);
  const portOf = (machine: string, what: keyof typeof serverNames) => {
    const reserved = reservedPorts.find((entry) => entry.machine === machine && entry.what === what);
    return reserved === undefined ? 0 : plan.of(machine, reserved.port);
  };
  const machines = machineNames.map((name): SiteMachine => {
    const at = (what: keyof typeof serverNames) => ({ host, port: portOf(name, what) });
    return {
      name,
      hubName: hubNames[name] ?? name,
      hub: at("hub"),
      nats: at("nats"),
      monitoring: at("monitoring"),
      beats: at("beats"),
      pushgateway: at("pushgateway"),
      leafPort: portOf(name, "leaf"),
    };
  });
  const witness = withWitness ? { host, port: plan.of(witnessName, witnessPort) } : undefined;
  return { fleet, plan, machines, witness };
}

/** Paths of one machine's files. */
export const filesOf = (folder: string) => ({
  natsConf: join(folder, "nats.conf"),
  natsStore: join(folder, "nats"),
  hubConfig: join(folder, "hub.json"),
  hubSpool: join(folder, "spool"),
  hubState: join(folder, "state"),
  routerConfig: join(folder, "router.json"),
  routerState: join(folder, "router", "epochs.json"),
  supervisorConfig: join(folder, "supervisor.json"),
  supervisorState: join(folder, "supervisor", "epochs.json"),
  pushgatewayStore: join(folder, "pushgateway.db"),
  /** Below it each agent of the machine has the directory of its hub file. */
  hubs: join(folder, "hubs"),
  log: (name: string) => join(folder, "logs", `${name}.log`),
});

/** Where a machine's hub speaks to its router. */
export const routerSocket = (data: DataFolder, machine: string): string =>
  controlSocketPath(data.path, machine, "router");

/** Where a machine's hub speaks to its supervisor. */
export const supervisorSocket = (data: DataFolder, machine: string): string =>
  controlSocketPath(data.path, machine, "supervisor");

/** Writes the config files of both machines' servers, and the witness's; the data beside them stays. */
export function writeServerFiles(site: Site, data: DataFolder): void {
  const { witness } = site;
  if (witness !== undefined) {
    const files = filesOf(data.machine(witnessName));
    writeWhole(files.natsConf, renderWitnessConf({ ...witness, storeDir: files.natsStore }));
  }
  for (const machine of site.machines) {
    const peer = peerOf(site, machine.name);
    const files = filesOf(data.machine(machine.name));
    const listens = machine.leafPort > 0;
    const conf = renderNatsConf({
      machine: machine.name,
      host,
      clientPort: machine.nats.port,
      monitoringPort: machine.monitoring.port,
      storeDir: files.natsStore,
      leaf: listens
        ? { kind: "listen", host, port: machine.leafPort }
        : { kind: "dial", url: `nats-leaf://${host}:${peer.leafPort}` },
    });
    writeWhole(files.natsConf, conf);
    const config = hubConfig({
      machine: toConfig(machine),
      peer: toConfig(peer),
      fleet: site.fleet,
      satellites: Object.fromEntries(satellitesOf(site.fleet).map(({ name }) => [name, host])),
      agentHost: () => host,
      portOf: site.plan.of,
      tuning: {
        spool: { path: files.hubSpool },
        stateDirectory: files.hubState,
        ...(witness === undefined ? {} : { witness }),
        ...(site.notifications === undefined ? {} : { notifications: site.notifications }),
        ...(site.remoteWrite === undefined ? {} : { remoteWrite: site.remoteWrite }),
        // Whoever is on this computer runs these hubs, and asks them with a browser or curl.
        access: { localOrders: "loopback", ...site.access },
        router: { socket: routerSocket(data, machine.name) },
        supervisor: { socket: supervisorSocket(data, machine.name) },
      },
    });
    writeWhole(files.hubConfig, renderHubConfig(config));
    const router = routerConfig({
      machine: machine.name,
      fleet: site.fleet,
      portOf: site.plan.of,
      socket: routerSocket(data, machine.name),
      listenHost: host,
      stateFile: files.routerState,
    });
    writeWhole(files.routerConfig, renderRouterConfig(router));
  }
}

/** Writes the config of each machine's supervisor, which has the cold standbys of these. */
export function writeSupervisorFiles(site: Site, data: DataFolder, agents: readonly AgentProcess[]): void {
  for (const { name } of site.machines) {
    const files = filesOf(data.machine(name));
    const processes = agents.flatMap((agent): SupervisedProcess[] => {
      if (agent.machine !== name || agent.cold === undefined) return [];
      const logPath = files.log(agent.name);
      return [{ service: agent.cold, command: process.execPath, args: agentArgs(agent), logPath }];
    });
    const config: SupervisorConfigInput = {
      v: 1,
      machine: name,
      socket: supervisorSocket(data, name),
      stateFile: files.supervisorState,
      processes,
    };
    writeWhole(files.supervisorConfig, `${JSON.stringify(config, null, 2)}\n`);
  }
}

/** What this same Node is given to be that process. */
export const agentArgs = ({ script, configPath }: AgentProcess): string[] => [
  join(import.meta.dirname, "agents", script),
  "--config",
  configPath,
];

/**
 * Writes the config files of the agents' processes: one for most of a machine's, one each for pilots and their standbys, one for
 * the other standbys that run, and one each for those that are cold.
 */
export function writeAgentFiles(site: Site, data: DataFolder): AgentProcess[] {
  return allMachineNames(site.fleet).flatMap((machine) => {
    const homeHub = satellitesOf(site.fleet).find(({ name }) => name === machine)?.watchedBy ?? machine;
    const homes = site.fleet.agents.filter((agent) => agent.machine === machine && !agent.isHub);
    const processes: AgentProcess[] = [];
    const add = (name: string, agents: HostConfigInput["agents"], cold?: string) => {
      const pilot = name.startsWith("pilot-");
      const configPath = join(data.machine(machine), `${name}.json`);
      const config: HostConfigInput = {
        machine,
        controlSocket: controlSocketPath(data.path, machine, name),
        // Pilots push, as agents do once they have been migrated; the others are scraped, as all are before.
        hubsDirectory: filesOf(data.machine(machine)).hubs,
        hubs: pilot ? [hubUrl(site, homeHub), hubUrl(site, otherMachine(homeHub))] : [],
        agents,
      };
      writeWhole(configPath, `${JSON.stringify(config, null, 2)}\n`);
      const healthPorts = agents.map((agent) => agent.healthPort);
      processes.push({ machine, name, script: pilot ? "pilot.ts" : "host.ts", configPath, healthPorts, cold });
    };
    const isPilot = ({ name }: PlacedAgent) => pilots.includes(name);
    const hosted = homes.filter((agent) => !isPilot(agent)).map((agent) => hostedAgent(site, machine, agent, agent));
    if (hosted.length > 0) add("agents", hosted);
    for (const pilot of homes.filter(isPilot)) add(`pilot-${pilot.name}`, [hostedAgent(site, machine, pilot, pilot)]);

    const standbys = site.fleet.agents.flatMap((agent) => {
      if (agent.standby === undefined || homeHub !== machine || agent.machine !== otherMachine(machine)) return [];
      return { agent, hosted: { ...hostedAgent(site, machine, agent, agent.standby), standbyOf: agent.machine } };
    });
    const warm = standbys.filter(({ agent }) => agent.mode !== "cold");
    for (const { agent, hosted } of warm.filter(({ agent }) => isPilot(agent))) add(`pilot-${agent.name}`, [hosted]);
    const others = warm.filter(({ agent }) => !isPilot(agent)).map(({ hosted }) => hosted);
    if (others.length > 0) add("standbys", others);
    for (const { agent, hosted } of standbys)
      if (agent.mode === "cold") add(`cold-${agent.name}`, [hosted], agent.name);
    return processes;
  });
}

function hostedAgent(
  site: Site,
  machine: string,
  agent: PlacedAgent,
  at: { port: number; healthPort: number; httpPort: number },
): HostConfigInput["agents"][number] {
  return {
    name: agent.name,
    group: agent.group,
    host,
    port: site.plan.of(machine, at.port),
    healthPort: site.plan.of(machine, at.healthPort),
    httpPort: site.plan.of(machine, at.httpPort),
    kind: agent.health.kind,
  };
}

export function peerOf(site: Site, name: string): SiteMachine {
  const peer = site.machines.find((machine) => machine.name !== name);
  if (peer === undefined) throw new Error(`${name} has no peer`);
  return peer;
}

export function hubUrl(site: Site, name: string): string {
  const machine = site.machines.find((candidate) => candidate.name === name);
  return `http://${machine?.hub.host}:${machine?.hub.port}`;
}

const toConfig = ({ leafPort: _, ...config }: SiteMachine): MachineConfig => config;
