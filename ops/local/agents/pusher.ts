/** Pushes each agent's metrics as its process's config says, or as its hub file does. */
import type { HubFile } from "../../../fleet/hub-file.ts";
import { messageOf } from "../../../hub/io/log.ts";
import { Connections } from "../../client/connections.ts";
import type { Agent } from "./agent.ts";
import { isSilent } from "./fault.ts";
import { HubFilePushes } from "./hub-file-pushes.ts";
import { push } from "./push.ts";
import { Rounds } from "./rounds.ts";

export interface PushCounts {
  /** Pushes that a hub took. */
  sent: number;
  /** Of these, those that the peer's hub took. */
  viaPeer: number;
  /** Pushes that no hub took. */
  failed: number;
}

/** What an agent follows of its hub file. */
export interface FollowedHubFile {
  revision: number;
  stage: HubFile["stage"];
  /** Name of the hub that took the last push by this file; undefined before the first, and when none took it. */
  hub: string | undefined;
}

export interface PusherOptions {
  agents: readonly Agent[];
  machine: string;
  /** Base URLs, the home hub's first; for agents without a hub file, or with one of the stage shadow. */
  hubs: readonly string[];
  intervalMs: number;
  /**
   * Called when pushes take another way than before; `hub` undefined: no hub took it, `why` says what the last one said.
   * @param agent whose; undefined for those by the config, which go the same way for all
   */
  wayChanged(hub: string | undefined, why: string, agent?: string): void;
}

/** For one push to one hub by the config, ms: half of the default interval at most, so that both hubs fit into it. */
const pushDeadlineMs = 2_000;
/** The first pushes of agents whose hub files change together are spread over this, ms. */
const followSpreadMs = 100;

export class Pusher {
  readonly #options: PusherOptions;
  readonly #counts = new Map<Agent, PushCounts>();
  readonly #rounds = new Map<Agent, Rounds>();
  readonly #followed = new Map<Agent, HubFilePushes>();
  /** When the pushes by an agent's earlier hub files are over. */
  readonly #ended = new Map<Agent, Promise<unknown>>();
  readonly #connections = new Connections({ keepAlive: true, maxSockets: 4 });
  /** A connection a push: one that its hub has closed meanwhile would count as a failure, and send the agent to the other hub. */
  readonly #fresh = new Connections({ keepAlive: false, maxSockets: 8 });
  readonly #stop = new AbortController();
  #way: string | undefined;
  #tried = false;

  constructor(options: PusherOptions) {
    this.#options = options;
  }

  /** The agents' first pushes are spread over one interval. */
  start(): void {
    const { agents, hubs, intervalMs } = this.#options;
    if (hubs.length === 0) return;
    for (const [index, agent] of agents.entries()) {
      const rounds = new Rounds(
        () => this.#push(agent),
        () => intervalMs,
      );
      this.#rounds.set(agent, rounds);
      rounds.start((intervalMs * index) / agents.length);
    }
  }

  stop(): void {
    this.#stop.abort(new Error("the agents are stopping"));
    for (const rounds of this.#rounds.values()) void rounds.stop();
    for (const pushes of this.#followed.values()) void pushes.end(0);
    this.#connections.destroy();
    this.#fresh.destroy();
  }

  /** From here on the agent's pushes are those of this file; of its config, when there is none. */
  follow(agent: Agent, file: HubFile | undefined): void {
    const ended = Promise.all([this.#ended.get(agent), this.#followed.get(agent)?.end()]);
    this.#ended.set(agent, ended);
    agent.metrics.followHubFile(file?.revision);
    if (file === undefined) {
      this.#followed.delete(agent);
      void ended.then(() => this.#rounds.get(agent)?.soon());
      return;
    }
    const { agents, intervalMs, wayChanged } = this.#options;
    const pushes = new HubFilePushes({
      agent,
      file,
      connections: this.#fresh,
      intervalMs,
      pushed: (taker) => this.#count(agent, taker === undefined ? "failed" : taker === "primary" ? "home" : "peer"),
      wayChanged: (hub, why) => wayChanged(hub, why, agent.config.name),
    });
    this.#followed.set(agent, pushes);
    void ended.then(() => pushes.start((followSpreadMs * agents.indexOf(agent)) / agents.length));
  }

  followedBy(agent: Agent): FollowedHubFile | undefined {
    const pushes = this.#followed.get(agent);
    return pushes && { revision: pushes.file.revision, stage: pushes.file.stage, hub: pushes.hub };
  }

  countsOf(agent: Agent): PushCounts {
    return this.#counts.get(agent) ?? { sent: 0, viaPeer: 0, failed: 0 };
  }

  async #push(agent: Agent): Promise<void> {
    const { hubs, machine } = this.#options;
    if (isSilent(agent.fault) || this.#followed.get(agent)?.file.stage === "dual") return;
    let why = "";
    for (const hub of hubs) {
      try {
        await push({
          hub,
          job: agent.config.name,
          groupings: { machine },
          registry: agent.metrics.registry,
          connections: this.#connections,
          deadlineMs: pushDeadlineMs,
          signal: this.#stop.signal,
        });
        this.#count(agent, hub === hubs[0] ? "home" : "peer");
        return this.#went(hub, why);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        why = `${hub}: ${messageOf(error)}`;
      }
    }
    this.#count(agent, "failed");
    this.#went(undefined, why);
  }

  #count(agent: Agent, taker: "home" | "peer" | "failed"): void {
    const { sent, viaPeer, failed } = this.countsOf(agent);
    const counts = {
      sent: sent + (taker === "failed" ? 0 : 1),
      viaPeer: viaPeer + (taker === "peer" ? 1 : 0),
      failed: failed + (taker === "failed" ? 1 : 0),
    };
    this.#counts.set(agent, counts);
  }

  #went(hub: string | undefined, why: string): void {
    if (this.#tried && this.#way === hub) return;
    const first = !this.#tried;
    this.#tried = true;
    this.#way = hub;
    // The home hub at the first try is what everyone expects.
    if (!first || hub !== this.#options.hubs[0]) this.#options.wayChanged(hub, why);
  }
}
