/** The hub files of all agents of a process: each is watched, and its agent's pushes follow it. */
import { join } from "node:path";
import { hubFileName, hubFolderOf } from "../../../fleet/hub-file.ts";
import type { Log } from "../../../hub/io/log.ts";
import type { Agent } from "./agent.ts";
import { readsHubFile } from "./fault.ts";
import { HubFileWatch } from "./hub-file-watch.ts";
import type { Pusher } from "./pusher.ts";

export interface HubFilesOptions {
  agents: readonly Agent[];
  machine: string;
  /** Below it each agent has a directory. */
  directory: string;
  pusher: Pick<Pusher, "follow">;
  log: Log;
}

/** A change that the kernel did not tell of is found within this, ms. */
const lookEveryMs = 1_000;

export class HubFiles {
  readonly #watches: Map<Agent, HubFileWatch>;
  #timer: NodeJS.Timeout | undefined;

  constructor({ agents, machine, directory, pusher, log }: HubFilesOptions) {
    const watchOf = (agent: Agent) => {
      const { name, standbyOf } = agent.config;
      const path = join(directory, hubFolderOf(name, standbyOf === undefined ? "home" : "standby"), hubFileName);
      return new HubFileWatch({
        path,
        reader: { agent: name, machine },
        reads: () => readsHubFile(agent.fault),
        changed: (file) => {
          pusher.follow(agent, file);
          if (file === undefined) log.info("hub-file-gone", { agent: name });
          else log.info("hub-file-read", { agent: name, revision: file.revision, stage: file.stage });
        },
        damaged: (why) => log.error("hub-file-damaged", { agent: name, path, why }),
      });
    };
    this.#watches = new Map(agents.map((agent) => [agent, watchOf(agent)]));
  }

  /** @throws OperatorError when a directory cannot be made */
  start(): void {
    for (const watch of this.#watches.values()) watch.start();
    this.#timer = setInterval(() => {
      for (const watch of this.#watches.values()) watch.look();
    }, lookEveryMs);
  }

  /** For an agent whose fault has changed: it may have missed something. */
  look(agent: Agent): void {
    this.#watches.get(agent)?.look();
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const watch of this.#watches.values()) watch.stop();
  }
}
