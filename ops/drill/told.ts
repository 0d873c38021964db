/** Tells the timeline of each fault of a drill, so that nobody who looks later takes it for an accident. */
import type { GiveOrders } from "../site/keep-documents.ts";
import { tellTimeline } from "../site/tell-timeline.ts";
import type { Played } from "./figures.ts";

export class DrillTold {
  readonly #hubs: readonly GiveOrders[];
  readonly #by: string;
  /** The fault that was begun last and is not over. */
  #open: string | undefined;

  constructor(hubs: readonly GiveOrders[], by: string) {
    this.#hubs = hubs;
    this.#by = by;
  }

  /** @param what such as "hub-crash on pc2" */
  async begun(what: string): Promise<void> {
    await this.ended("it was given up");
    this.#open = what;
    await this.#tell("begun", what, what);
  }

  async played({ scenario, machine, recoveryMs }: Played): Promise<void> {
    const whole = recoveryMs === null ? "the pair is not whole again" : `whole again after ${recoveryMs} ms`;
    await this.#finish(`${scenario} on ${machine}`, whole);
  }

  /** Nothing happens unless one is open. */
  async ended(how: string): Promise<void> {
    if (this.#open !== undefined) await this.#finish(this.#open, how);
  }

  async #finish(what: string, how: string): Promise<void> {
    this.#open = undefined;
    await this.#tell("ended", what, `${what}: ${how}`);
  }

  async #tell(phase: "begun" | "ended", what: string, text: string): Promise<void> {
    const subject = what.split(" on ").at(-1) ?? what;
    await tellTimeline(this.#hubs, { kind: "drill", phase, subject, text, by: this.#by });
  }
}
