/** Takes operators' words on maintenance, keeps them over a restart, and holds the same ones as the peer's hub. */
import { join } from "node:path";
import { agentId, type HubConfig } from "./config.ts";
import { Maintenance, type MaintenanceWindow, MaintenanceWindows, windowView } from "./core/maintenance.ts";
import type { MaintenanceView } from "./http/api.ts";
import { type Log, messageOf } from "./io/log.ts";
import { StateFile } from "./io/state-file.ts";

export interface MaintenanceDeskOptions {
  config: Pick<HubConfig, "agents" | "machine" | "peer" | "satellites" | "stateDirectory">;
  /** What is being worked on has changed: said, taken back, heard of, or over. */
  onChange(targets: string[]): void;
  log: Log;
}

export interface MaintenanceWord {
  target: string;
  minutes: number;
  reason: string;
  by: string;
}

const tickMs = 1_000;
const minuteMs = 60_000;

export class MaintenanceDesk {
  readonly #options: MaintenanceDeskOptions;
  readonly #maintenance = new Maintenance();
  readonly #targets: ReadonlySet<string>;
  /** Without a directory the peer is all that remembers it while this hub is away. */
  readonly #file: StateFile<MaintenanceWindow[]> | undefined;
  readonly #timer = setInterval(() => this.#settle(), tickMs);
  #active = "";

  constructor(options: MaintenanceDeskOptions) {
    this.#options = options;
    const { agents, machine, peer, satellites, stateDirectory } = options.config;
    const machines = [machine, peer, ...satellites].map(({ name }) => name);
    this.#targets = new Set([...machines, ...agents.map(agentId)]);
    if (stateDirectory !== undefined)
      this.#file = new StateFile(join(stateDirectory, "maintenance.json"), MaintenanceWindows);
  }

  /** What was said before this start. A file that cannot be read is no reason not to start. */
  async open(): Promise<void> {
    try {
      this.#maintenance.merge((await this.#file?.read()) ?? []);
      this.#settle();
    } catch (error) {
      this.#options.log.error("maintenance.unread", { error: messageOf(error) });
    }
  }

  /** Resolves when nothing of it is written any more. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#file?.idle();
  }

  /** Whether the fleet has it. */
  knows(target: string): boolean {
    return this.#targets.has(target);
  }

  covers(target: string): boolean {
    return this.#maintenance.covers(target, Date.now());
  }

  /** For the peer. */
  words(): MaintenanceWindow[] {
    return this.#maintenance.words(Date.now());
  }

  views(): MaintenanceView[] {
    return this.#maintenance.active(Date.now()).map(windowView);
  }

  /** Resolves when it is kept; rejects when it holds only as long as this hub runs. */
  async begin({ target, minutes, reason, by }: MaintenanceWord): Promise<MaintenanceView> {
    const nowMs = Date.now();
    const window = this.#maintenance.begin({ target, saidMs: nowMs, untilMs: nowMs + minutes * minuteMs, reason, by });
    await this.#said(window);
    return windowView(window);
  }

  /** @returns undefined when none was under way */
  async end(target: string, by: string): Promise<MaintenanceView | undefined> {
    const window = this.#maintenance.end(target, by, Date.now());
    if (window === undefined) return undefined;
    await this.#said(window);
    return windowView(window);
  }

  /** What the peer's hub holds. */
  heard(windows: readonly MaintenanceWindow[]): void {
    if (!this.#maintenance.merge(windows)) return;
    this.#settle();
    this.#keep().catch((error: unknown) => this.#options.log.error("maintenance.unkept", { error: messageOf(error) }));
  }

  async #said(window: MaintenanceWindow): Promise<void> {
    this.#options.log.info("maintenance.said", { ...window });
    this.#settle();
    await this.#keep();
  }

  async #keep(): Promise<void> {
    await this.#file?.write(this.words());
  }

  #settle(): void {
    const targets = this.#maintenance.active(Date.now()).map(({ target }) => target);
    const active = targets.join(" ");
    if (active === this.#active) return;
    this.#active = active;
    this.#options.onChange(targets);
  }
}
