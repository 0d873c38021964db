/** Starts the processes of both machines in the order that they need each other, and stops them in the opposite one. */
import { Child, type ChildEvent, type ChildSpec } from "./child.ts";
import type { DataFolder } from "./data-folder.ts";
import { renewHubFiles } from "./hub-files.ts";
import { type Site, writeAgentFiles, writeServerFiles, writeSupervisorFiles } from "./site.ts";
import {
  agentsSpec,
  hubSpec,
  inSync,
  natsSpec,
  type Programs,
  pushgatewaySpec,
  routerSpec,
  supervisorSpec,
  witnessSpec,
} from "./specs.ts";

export interface PairOptions {
  site: Site;
  data: DataFolder;
  programs: Programs;
  restart: boolean;
  say(line: string): void;
  tell(event: ChildEvent): void;
}

const syncDeadlineMs = 5_000;
const syncPollMs = 50;
/** The whole stop fits into five seconds: agents, hubs, then the servers that hubs write to. */
const stopDeadlinesMs = { agents: 1_000, beside: 1_000, hubs: 2_000, servers: 1_000 };

export class Pair {
  readonly #options: PairOptions;
  readonly #servers: Child[];
  /** Routers and supervisors, which outlive their hub. */
  readonly #beside: Child[];
  readonly #hubs: Child[];
  readonly #agents: Child[];
  #stopping: Promise<void> | undefined;

  constructor(options: PairOptions) {
    this.#options = options;
    const { site, data, programs } = options;
    writeServerFiles(site, data);
    const child = (spec: ChildSpec) => new Child(spec, { restart: options.restart, tell: options.tell });
    this.#servers = site.machines.flatMap((machine) => [
      child(natsSpec(machine, data, programs)),
      child(pushgatewaySpec(machine, data, programs)),
    ]);
    if (site.witness !== undefined) this.#servers.push(child(witnessSpec(site.witness, data, programs)));
    this.#hubs = site.machines.map((machine) => child(hubSpec(machine, data, programs)));
    const agents = writeAgentFiles(site, data);
    renewHubFiles(site, data);
    writeSupervisorFiles(site, data, agents);
    this.#beside = site.machines.flatMap((machine) => [
      child(routerSpec(machine, data, programs)),
      child(supervisorSpec(machine, data, programs)),
    ]);
    this.#agents = agents.filter(({ cold }) => cold === undefined).map((agent) => child(agentsSpec(agent, data)));
  }

  /** Rejects when something does not come up; what did come up runs on until `stop`. */
  async start(): Promise<void> {
    const { say, site } = this.#options;
    say(`starting NATS and Pushgateway of both machines${site.witness === undefined ? "" : ", and the witness"}`);
    await startAll(this.#servers);
    say("starting router, supervisor and hub of both machines");
    await startAll(this.#beside);
    await startAll(this.#hubs);
    if (this.#agents.length > 0) {
      const count = site.fleet.agents.filter((agent) => !agent.isHub).length;
      say(`starting ${count} agents in ${this.#agents.length} processes`);
      await startAll(this.#agents);
    }
    const untilMs = performance.now() + syncDeadlineMs;
    while (this.#stopping === undefined && !(await this.#isInSync())) {
      if (performance.now() > untilMs) return say("the hubs run, but are not in sync yet; the page says why");
      await new Promise((resolve) => setTimeout(resolve, syncPollMs));
    }
  }

  /** All processes of the pair, in the order of their start. */
  get children(): Child[] {
    return [...this.#servers, ...this.#beside, ...this.#hubs, ...this.#agents];
  }

  pid(machine: string, name: string): number | null {
    const child = [...this.#servers, ...this.#beside, ...this.#hubs].find(
      ({ spec }) => spec.machine === machine && spec.name === name,
    );
    return child?.pid ?? null;
  }

  agentPids(machine: string): number[] {
    return this.#agents.flatMap(({ spec, pid }) => (spec.machine === machine && pid !== undefined ? [pid] : []));
  }

  /** Starts again whatever is dead; does not wait until it is ready. */
  revive(): void {
    for (const child of this.children) child.revive();
  }

  /** Safe to call at any moment, also while starting, and more than once. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  kill(): void {
    for (const child of this.children) child.kill();
  }

  async #stopAll(): Promise<void> {
    const { say } = this.#options;
    const steps: [string, Child[], number][] = [
      ["agents", this.#agents, stopDeadlinesMs.agents],
      // Before the hubs, which would see the agents' end as one more failure to mend.
      ["routers and supervisors", this.#beside, stopDeadlinesMs.beside],
      ["hubs", this.#hubs, stopDeadlinesMs.hubs],
      ["Pushgateway and NATS", this.#servers, stopDeadlinesMs.servers],
    ];
    for (const [what, children, deadlineMs] of steps) {
      if (children.every((child) => child.pid === undefined)) {
        for (const child of children) void child.stop(0);
        continue;
      }
      say(`stopping ${what}`);
      await Promise.all(
        children.map(async (child) => {
          const outcome = await child.stop(deadlineMs);
          if (outcome === "killed") say(`${child.label} did not end within ${deadlineMs} ms and was killed`);
        }),
      );
    }
  }

  async #isInSync(): Promise<boolean> {
    const answers = await Promise.all(this.#options.site.machines.map(inSync));
    return answers.every((answer) => answer);
  }
}

const startAll = (children: Child[]) => Promise.all(children.map((child) => child.start()));
