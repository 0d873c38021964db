/** The pair on which scenarios play: real processes on ports of their own, links between the machines, an ear at both hubs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { requireFleet } from "../../fleet/load.ts";
import type { HubConfigInput } from "../../hub/config.ts";
import type { ServiceJson } from "../../hub/http/api.ts";
import { monoMs } from "../../hub/io/mono-clock.ts";
import { build } from "../build.ts";
import { ask } from "../client/hub-client.ts";
import { OperatorError } from "../error.ts";
import type { Child } from "../local/child.ts";
import { type DataFolder, openDataFolder, processesOf, reviveSignal, writeWhole } from "../local/data-folder.ts";
import { Pair } from "../local/pair.ts";
import { requireFree } from "../local/port-owner.ts";
import { signal as sendSignal } from "../local/processes.ts";
import {
  type AgentChoice,
  allMachineNames,
  chooseAgents,
  filesOf,
  planSite,
  type Site,
  witnessName,
  writeAgentFiles,
} from "../local/site.ts";
import { ensureTool } from "../tools/ensure-tool.ts";
import { Links } from "./links/links.ts";
import { Observer } from "./observer.ts";
import type { Random } from "./random.ts";
import { redirect } from "./redirect.ts";
import { servicesAt } from "./services.ts";
import { SmallDisk } from "./small-disk.ts";

export interface StageOptions {
  /** Empty or new folder for the pair's data. */
  dir: string;
  /** Added to every port. @default one with which all are free */
  portOffset: number | undefined;
  agents: AgentChoice;
  random: Random;
  /** Puts links between the machines; without them the machines speak directly, and nothing between them can be cut. */
  links: boolean;
  /** Set in both hubs' configs. */
  hubConfig?: Partial<HubConfigInput>;
  /** Puts pc2's data on a small disk where that is possible. */
  disk: boolean;
  say(line: string): void;
  /** Told before the first process is started, so that whoever is in a hurry can kill what has come up by then. */
  onStage?(stage: Stage): void;
}

export interface StageMachine {
  name: string;
  hubUrl: string;
  nats: { host: string; port: number };
  /** Machine's folder, a file of which is in the command line of each of its processes. */
  folder: string;
}

const pollMs = 25;
const readyDeadlineMs = 60_000;
const clockScript = new URL("./shift-clock.ts", import.meta.url).href;

export class Stage {
  readonly machines: StageMachine[];
  readonly site: Site;
  readonly links: Links | undefined;
  readonly observer: Observer;
  /** Why there is none, where that is so. */
  readonly disk: SmallDisk | string;
  readonly random: Random;
  readonly #pair: Pair;
  readonly #data: DataFolder;
  #closing: Promise<void> | undefined;

  private constructor(
    options: StageOptions,
    site: Site,
    data: DataFolder,
    pair: Pair,
    links: Links | undefined,
    disk: SmallDisk | string,
  ) {
    this.site = site;
    this.links = links;
    this.disk = disk;
    this.random = options.random;
    this.#pair = pair;
    this.#data = data;
    this.machines = site.machines.map(({ name, hub, nats }) => ({
      name,
      hubUrl: `http://${hub.host}:${hub.port}`,
      nats,
      folder: data.machine(name),
    }));
    this.observer = new Observer(this.machines.map(({ name, hubUrl }) => ({ name, url: hubUrl })));
  }

  /** Resolves when all is well; what was started or mounted before an error is gone again. */
  static async set(options: StageOptions, signal: AbortSignal): Promise<Stage> {
    const { dir, say, random } = options;
    const site = await freeSite(options);
    const built = await build({ outDir: join(dir, "dist") });
    const programs = {
      natsServer: await ensureTool("nats-server", say),
      pushgateway: await ensureTool("pushgateway", say),
      hub: built.hub.path,
      router: built.router.path,
      supervisor: built.supervisor.path,
    };
    // The version before sends it to whoever has a folder, and an end by it would leave all processes behind.
    if (!process.listeners(reviveSignal).includes(ignore)) process.on(reviveSignal, ignore);
    const machines = [...allMachineNames(site.fleet), witnessName];
    const data = await openDataFolder(join(dir, "data"), machines, say, "staged run");
    const disk = options.disk ? SmallDisk.mount(data.machine("pc2")) : "no scenario needs it";
    const links = options.links ? new Links(random.fork(), portsOf(site)) : undefined;
    const pair = new Pair({ site, data, programs, restart: false, say: () => {}, tell: () => {} });
    const stage = new Stage(options, site, data, pair, links, disk);
    options.onStage?.(stage);
    try {
      stage.#configureHubs({ failover: { flapMemoryMs: 0 }, ...options.hubConfig });
      if (links !== undefined) await redirect(site, data, writeAgentFiles(site, data), links);
      stage.#letClocksJump();
      signal.throwIfAborted();
      say(
        `starting a pair of its own in ${data.path}, hubs at ${stage.machines.map(({ hubUrl }) => hubUrl).join(" and ")}`,
      );
      const aborted = new Promise<never>((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
      );
      await Promise.race([pair.start(), aborted]);
      const trouble = await stage.well(readyDeadlineMs, signal);
      signal.throwIfAborted();
      if (trouble === "") return stage;
      const next = "Read the logs there, with --keep";
      throw new OperatorError(
        "chaos.start",
        `${trouble}, ${readyDeadlineMs / 1_000} s after the start; data in ${dir}`,
        next,
      );
    } catch (error) {
      await stage.close();
      throw error;
    }
  }

  /** Ends every process and takes away what was put between and under them. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** At once, also those that others of them have started. */
  kill(): void {
    this.#pair.kill();
    for (const { name } of this.machines) this.signalMachine(name, "SIGKILL");
  }

  machine(name: string): StageMachine {
    const machine = this.machines.find((candidate) => candidate.name === name);
    if (machine === undefined) throw new Error(`there is no machine ${name}`);
    return machine;
  }

  peerOf(name: string): StageMachine {
    const peer = this.machines.find((candidate) => candidate.name !== name);
    if (peer === undefined) throw new Error(`${name} has no peer`);
    return peer;
  }

  /** Processes of a machine: all of them, or those of that name. @example children("pc2", "hub") */
  children(machine: string, name?: string): Child[] {
    return this.#pair.children.filter(
      ({ spec }) => spec.machine === machine && (name === undefined || spec.name === name),
    );
  }

  /** A process that is of neither machine, such as the witness. */
  others(): Child[] {
    const names = this.machines.map(({ name }) => name);
    return this.#pair.children.filter(({ spec }) => !names.includes(spec.machine));
  }

  /** Ends all processes of a machine at once, also those that others of them have started. @returns when, shared monotonic ms */
  async crashMachine(name: string): Promise<number> {
    const atMs = this.signalMachine(name, "SIGKILL");
    await Promise.all(this.children(name).map((child) => child.crash()));
    return atMs;
  }

  /** @returns when, shared monotonic ms */
  signalMachine(name: string, signalName: "SIGSTOP" | "SIGCONT" | "SIGKILL"): number {
    const pids = this.#pidsOf(name);
    const atMs = monoMs();
    for (const pid of pids) sendSignal(pid, signalName);
    return atMs;
  }

  /** Starts what is dead of these, again and again until each is ready. */
  async revive(children: readonly Child[]): Promise<void> {
    const endMs = performance.now() + readyDeadlineMs;
    const reviveOne = async (child: Child) => {
      for (;;) {
        child.revive();
        if (await child.spec.ready()) return;
        if (performance.now() > endMs)
          throw new OperatorError(
            "chaos.revive",
            `${child.label} was not ready ${readyDeadlineMs / 1_000} s after it was started again`,
            `Read ${child.spec.logPath}, with --keep`,
          );
        await pause(pollMs);
      }
    };
    await Promise.all(children.map(reviveOne));
  }

  reviveAll(machine: string): Promise<void> {
    return this.revive(this.children(machine));
  }

  /** Shifts the wall clock of one machine's hub, at once and in all its threads. */
  shiftClock(machine: string, offsetMs: number): void {
    writeWhole(clockFile(this.machine(machine).folder), String(offsetMs));
  }

  /** Undefined while no hub answers, or knows of any. */
  async services(): Promise<ServiceJson[] | undefined> {
    for (const { hubUrl } of this.machines) {
      const services = await servicesAt(hubUrl);
      if (services !== undefined) return services;
    }
    return undefined;
  }

  /** What is not as it should be, in the words of either hub; empty when the pair is well. */
  async trouble(): Promise<string> {
    for (const { name, hubUrl } of this.machines) {
      const [fleet, ledger] = await Promise.all([ask(hubUrl, "getFleet", {}), ask(hubUrl, "getLedger", {})]);
      if (fleet === undefined || ledger === undefined) return `${name}'s hub does not answer`;
      if (fleet.sync.state !== "in-sync") return `${name} is ${fleet.sync.state}: ${fleet.sync.reason}`;
      if (ledger.missing > 0) return `${name} misses ${ledger.missing} records`;
      for (const [machine, view] of Object.entries(fleet.machines))
        for (const part of ["hub", "nats", "pushgateway"] as const)
          if (view[part].verdict !== "alive") return `${name} says that ${machine}'s ${part} is ${view[part].verdict}`;
      const ill = fleet.agents.find(({ health }) => health !== "healthy");
      if (ill !== undefined) return `${name} says that ${ill.machine}/${ill.name} is ${ill.health}`;
    }
    return "";
  }

  /** Polls until nothing is in trouble. @returns what still is when the time is over or the signal comes; empty when it is well */
  async well(deadlineMs: number, signal: AbortSignal): Promise<string> {
    const endMs = performance.now() + deadlineMs;
    for (;;) {
      const trouble = await this.trouble();
      if (trouble === "" || signal.aborted || performance.now() > endMs) return trouble;
      await pause(pollMs);
    }
  }

  /** Services that moved for one fault must not come home later for the next one: flaps are forgotten at once. */
  #configureHubs(values: Partial<HubConfigInput>): void {
    for (const { folder } of this.machines) {
      const path = filesOf(folder).hubConfig;
      const written = JSON.parse(readFileSync(path, "utf8")) as HubConfigInput; // by the Pair, just now
      writeWhole(path, `${JSON.stringify({ ...written, ...values }, null, 2)}\n`);
    }
  }

  #letClocksJump(): void {
    for (const { name, folder } of this.machines) {
      writeWhole(clockFile(folder), "0");
      for (const { spec } of this.children(name, "hub"))
        spec.args.unshift("--import", `${clockScript}?file=${encodeURIComponent(clockFile(folder))}`);
    }
  }

  #pidsOf(machine: string): number[] {
    return processesOf(this.#data.path, [this.machine(machine).name]);
  }

  async #close(): Promise<void> {
    this.observer.stop();
    for (const { name } of this.machines) this.signalMachine(name, "SIGCONT");
    await this.#pair.stop();
    await this.links?.close();
    if (typeof this.disk !== "string") this.disk.unmount();
    this.#data.release();
  }
}

function ignore(): void {}

const clockFile = (folder: string) => join(folder, "clock");

const portsOf = ({ plan }: Site) => new Set(plan.ports.map(({ localPort }) => localPort));

/** Offsets that are tried leave most ports below those that the kernel gives to outgoing connections. */
const lowestOffset = 600;
const highestOffset = 4_600;
const offsetTries = 20;

/** @throws OperatorError that names the ports that are taken */
async function freeSite({ portOffset, agents }: StageOptions): Promise<Site> {
  const fleet = chooseAgents(requireFleet(), agents);
  for (let tries = 1; ; tries++) {
    // Not by the seed: which ports are free is no part of what it repeats.
    const drawn = lowestOffset + Math.floor(Math.random() * (highestOffset - lowestOffset));
    const site = planSite(fleet, portOffset ?? drawn);
    try {
      await requireFree(site.plan.ports);
      return site;
    } catch (error) {
      if (portOffset !== undefined || tries === offsetTries) throw error;
    }
  }
}
