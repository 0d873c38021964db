/** Takes operators' words on alerts that are not to be heard for a while, keeps them over a restart, and holds the same ones as the peer's hub. */
import { join } from "node:path";
import type { HubConfig } from "../config.ts";
import { type MaintenanceWindow, MaintenanceWindows, windowView } from "../core/maintenance.ts";
import { Silences } from "../core/notify/silences.ts";
import type { SilenceOrder, SilenceView } from "../http/notifications-json.ts";
import { type Log, messageOf } from "../io/log.ts";
import { StateFile } from "../io/state-file.ts";

export interface SilenceDeskOptions {
  config: Pick<HubConfig, "stateDirectory">;
  /** Somebody said something here: the peer is to hear it at once. */
  onSaid(): void;
  log: Log;
}

const minuteMs = 60_000;

export class SilenceDesk {
  readonly #options: SilenceDeskOptions;
  readonly #silences = new Silences();
  readonly #file: StateFile<MaintenanceWindow[]> | undefined;

  constructor(options: SilenceDeskOptions) {
    this.#options = options;
    const { stateDirectory } = options.config;
    if (stateDirectory !== undefined)
      this.#file = new StateFile(join(stateDirectory, "silences.json"), MaintenanceWindows);
  }

  /** What was said before this start. A file that cannot be read is no reason not to start. */
  async open(): Promise<void> {
    try {
      this.#silences.merge((await this.#file?.read()) ?? []);
    } catch (error) {
      this.#options.log.error("silences.unread", { error: messageOf(error) });
    }
  }

  /** Resolves when nothing is written any more. */
  async stop(): Promise<void> {
    await this.#file?.idle();
  }

  isQuiet(name: string, subject: string): boolean {
    return this.#silences.isQuiet(name, subject, Date.now());
  }

  views(): SilenceView[] {
    return this.#silences.active(Date.now()).map(windowView);
  }

  /** For the peer. */
  words(): MaintenanceWindow[] {
    return this.#silences.words(Date.now());
  }

  /** What the peer's hub holds. */
  heard(windows: readonly MaintenanceWindow[]): void {
    if (!this.#silences.merge(windows)) return;
    this.#keep().catch((error: unknown) => this.#options.log.error("silences.unkept", { error: messageOf(error) }));
  }

  /** Resolves when it is kept; rejects when it holds only as long as this hub runs. */
  async begin({ target, minutes, reason, by }: SilenceOrder & { by: string }): Promise<SilenceView> {
    const nowMs = Date.now();
    const window = this.#silences.begin({ target, saidMs: nowMs, untilMs: nowMs + minutes * minuteMs, reason, by });
    return await this.#said(window);
  }

  /** @returns undefined when there was none */
  async end(target: string, by: string): Promise<SilenceView | undefined> {
    const window = this.#silences.end(target, by, Date.now());
    return window === undefined ? undefined : await this.#said(window);
  }

  async #said(window: MaintenanceWindow): Promise<SilenceView> {
    this.#options.log.info("silence.said", { ...window });
    this.#options.onSaid();
    await this.#keep();
    return windowView(window);
  }

  async #keep(): Promise<void> {
    await this.#file?.write(this.words());
  }
}
