/**
 * Both machines' real NATS, Pushgateway and hub on free ports, without a supervisor: whoever starts the pair kills, freezes
 * and starts its processes, and cuts its links, as it likes.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { requireFleet } from "../../fleet/load.ts";
import { HubConfig } from "../../hub/config.ts";
import { build } from "../../ops/build.ts";
import { type DataFolder, openDataFolder, writeWhole } from "../../ops/local/data-folder.ts";
import {
  chooseAgents,
  filesOf,
  machineNames,
  otherMachine,
  planSite,
  type SiteMachine,
  writeServerFiles,
} from "../../ops/local/site.ts";
import { hubSpec, inSync, natsSpec, pushgatewaySpec } from "../../ops/local/specs.ts";
import { ensureTool } from "../../ops/tools/ensure-tool.ts";
import { CuttableLink } from "../bench/copy/cuttable-link.ts";
import { freePorts } from "./free-ports.ts";
import { Killable } from "./killable.ts";
import { until } from "./until.ts";

export type MachineName = (typeof machineNames)[number];
export const partNames = ["nats", "pushgateway", "hub"] as const;
export type PartName = (typeof partNames)[number];

export interface BareMachine {
  name: MachineName;
  hubUrl: string;
  pushgatewayUrl: string;
  /** Folder of its streams. */
  natsStore: string;
  parts: Record<PartName, Killable>;
  at: SiteMachine;
}

/** Everything that passes between the machines: the leaf, and what each hub asks of the other machine. */
export interface Links {
  leaf: CuttableLink;
  all: CuttableLink[];
}

export interface BarePairOptions {
  /** Puts a link that can be cut between the machines; without it they speak directly. @default false */
  links?: boolean;
  /** Set in both hubs' configs. */
  hubConfig?: Partial<HubConfig>;
  /** Called with the folder of each machine before anything is written there. */
  onFolder?(machine: MachineName, folder: string): void;
}

const loopback = "127.0.0.1";
const inSyncDeadlineMs = 60_000;

export class BarePair {
  readonly machines: Record<MachineName, BareMachine>;
  readonly links: Links | undefined;
  readonly data: DataFolder;

  private constructor(machines: Record<MachineName, BareMachine>, links: Links | undefined, data: DataFolder) {
    this.machines = machines;
    this.links = links;
    this.data = data;
  }

  /** Writes the files and starts nothing yet. */
  static async make(dir: string, options: BarePairOptions = {}): Promise<BarePair> {
    const quiet = () => {};
    const natsServer = await ensureTool("nats-server", quiet);
    const pushgateway = await ensureTool("pushgateway", quiet);
    const site = planSite(chooseAgents(requireFleet(), "none"), 0, false);
    const ports = await freePorts(11);
    const port = () => ports.pop() ?? 0;
    const host = ownAddress();
    for (const machine of site.machines) {
      for (const what of ["hub", "nats", "monitoring", "pushgateway", "beats"] as const)
        machine[what] = { host, port: port() };
      if (machine.leafPort > 0) machine.leafPort = port();
    }
    const data = await openDataFolder(dir, machineNames, quiet);
    // A bundle of its own: hubs that are started again later must not be those of another checkout's or another run's build.
    const built = await build({ outDir: join(data.path, "dist") });
    const [hub, router, supervisor] = [built.hub.path, built.router.path, built.supervisor.path];
    for (const name of machineNames) options.onFolder?.(name, data.machine(name));
    writeServerFiles(site, data);
    for (const name of machineNames) rewrite(filesOf(data.machine(name)).natsConf, loopback, host);
    configureHubs(data, options.hubConfig ?? {});
    const links = options.links ? await redirect(site.machines, data) : undefined;
    const made = (name: MachineName): BareMachine => {
      const at = machineOf(site.machines, name);
      const programs = { natsServer, pushgateway, hub, router, supervisor };
      return {
        name,
        hubUrl: urlOf(at.hub),
        pushgatewayUrl: urlOf(at.pushgateway),
        natsStore: filesOf(data.machine(name)).natsStore,
        parts: {
          nats: new Killable(natsSpec(at, data, programs)),
          pushgateway: new Killable(pushgatewaySpec(at, data, programs)),
          hub: new Killable(hubSpec(at, data, programs)),
        },
        at,
      };
    };
    return new BarePair({ mainpc: made("mainpc"), pc2: made("pc2") }, links, data);
  }

  get both(): BareMachine[] {
    return machineNames.map((name) => this.machines[name]);
  }

  get parts(): Killable[] {
    return this.both.flatMap((machine) => partNames.map((part) => machine.parts[part]));
  }

  /** Starts what is dead and resolves when both hubs say that they are in sync. */
  async start(): Promise<void> {
    for (const part of this.parts) part.start();
    await Promise.all(this.parts.map((part) => part.ready()));
    await this.inSync();
  }

  /** Takes effect when a hub is started next. */
  configureHubs(values: Partial<HubConfig>): void {
    configureHubs(this.data, values);
  }

  async inSync(deadlineMs = inSyncDeadlineMs): Promise<void> {
    const asked = async () => (await Promise.all(this.both.map(({ at }) => inSync(at)))).every((yes) => yes);
    await until("both hubs in sync", asked, deadlineMs);
  }

  async stop(): Promise<void> {
    await Promise.all(this.both.map(({ parts }) => parts.hub.end()));
    await Promise.all(this.parts.map((part) => part.end()));
    for (const link of this.links?.all ?? []) link.cut();
    this.data.release();
  }
}

function configureHubs(data: DataFolder, values: Partial<HubConfig>): void {
  for (const name of machineNames) {
    const path = filesOf(data.machine(name)).hubConfig;
    const config = HubConfig.parse({ ...JSON.parse(readFileSync(path, "utf8")), ...values });
    writeWhole(path, `${JSON.stringify(config, null, 2)}\n`);
  }
}

/** Rewrites the machines' files so that each reaches the other through links. */
async function redirect(machines: SiteMachine[], data: DataFolder): Promise<Links> {
  const { leafPort, hub } = machineOf(machines, "mainpc");
  const linkTo = async (target: number) => {
    const [port = 0] = await freePorts(1);
    const link = new CuttableLink(port, target, hub.host);
    await link.open();
    return link;
  };
  const leaf = await linkTo(leafPort);
  rewrite(filesOf(data.machine("pc2")).natsConf, `${hub.host}:${leafPort}`, `${hub.host}:${leaf.port}`);
  // Who listens tells its own address all the same (measured with 2.12), and whoever lost the link would dial past it.
  rewrite(filesOf(data.machine("mainpc")).natsConf, "no_advertise: true", `advertise: "${hub.host}:${leaf.port}"`);
  const all = [leaf];
  for (const name of machineNames) {
    const path = filesOf(data.machine(name)).hubConfig;
    const config = HubConfig.parse(JSON.parse(readFileSync(path, "utf8")));
    const peer = machineOf(machines, otherMachine(name));
    for (const what of ["hub", "nats", "pushgateway"] as const) {
      const link = await linkTo(peer[what].port);
      all.push(link);
      config.peer[what].port = link.port;
    }
    writeWhole(path, `${JSON.stringify(config, null, 2)}\n`);
  }
  return { leaf, all };
}

/**
 * An address for one pair: on a shared one, somebody else's server may take the port of a process that is dead for a moment.
 * All of 127.0.0.0/8 is this computer on Linux; elsewhere there is one address only.
 */
function ownAddress(): string {
  if (process.platform !== "linux") return loopback;
  return `127.${[1, 2, 3].map(() => 1 + Math.floor(Math.random() * 253)).join(".")}`;
}

function rewrite(path: string, from: string, to: string): void {
  const text = readFileSync(path, "utf8");
  if (!text.includes(from)) throw new Error(`${path} does not name ${from}`);
  writeWhole(path, text.replaceAll(from, to));
}

function machineOf(machines: SiteMachine[], name: string): SiteMachine {
  const machine = machines.find((candidate) => candidate.name === name);
  if (machine === undefined) throw new Error(`the site has no machine ${name}`);
  return machine;
}

const urlOf = ({ host, port }: { host: string; port: number }) => `http://${host}:${port}`;
