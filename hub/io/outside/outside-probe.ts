/**
 * Asks as a client does that knows several addresses: the first, and where that gives no good answer within its deadline, the next.
 * A service's client may speak another protocol than its agent's health is asked by: then the other one is tried, and kept to.
 */
import type { ProbeConfig } from "../../config.ts";
import type { ProbeAnswer } from "../../core/agent-health.ts";
import { messageOf } from "../log.ts";
import { createProbe, type Probe } from "../probe/probe.ts";

export interface OutsideProbeOptions {
  /** In the order in which they are asked; each, how it is asked, the likeliest way first. */
  places: readonly (readonly ProbeConfig[])[];
  /** For each address, ms. */
  deadlineMs: number;
  /** Monotonic ms. */
  clock(): number;
  /** Whether a `malformed` answer serves: a service need not say at its route how it is. */
  anyAnswer: boolean;
}

export class OutsideProbe {
  readonly #options: OutsideProbeOptions;
  readonly #places: { ways: readonly Probe[]; at: number }[];
  #closed = false;

  constructor(options: OutsideProbeOptions) {
    this.#options = options;
    const { deadlineMs, clock } = options;
    this.#places = options.places.map((ways) => ({
      ways: ways.map((config) => createProbe(config, { deadlineMs, clock, onIdleClose: () => {} })),
      at: 0,
    }));
  }

  /** Whether any address gave a good answer in time. Not to be called again before it has resolved; never rejects. */
  async ask(): Promise<boolean> {
    for (const place of this.#places) {
      if (this.#closed) return false;
      if (await this.#askPlace(place)) return true;
    }
    return false;
  }

  close(): void {
    this.#closed = true;
    for (const { ways } of this.#places) for (const probe of ways) probe.close();
  }

  async #askPlace(place: { ways: readonly Probe[]; at: number }): Promise<boolean> {
    for (let tried = 0; tried < place.ways.length && !this.#closed; tried++) {
      const answer = await answerOf(place.ways[place.at]);
      if (answer.type !== "wrong-protocol") return this.#isGood(answer);
      place.at = (place.at + 1) % place.ways.length;
    }
    return false;
  }

  #isGood(answer: ProbeAnswer): boolean {
    if (answer.type === "answered") return answer.health !== "unhealthy";
    return answer.type === "malformed" && this.#options.anyAnswer;
  }
}

/** What is answered must not end the hub, whatever it is. */
async function answerOf(probe: Probe | undefined): Promise<ProbeAnswer> {
  try {
    return (await probe?.ask()) ?? { type: "refused", reason: "nobody to ask" };
  } catch (error) {
    return { type: "malformed", reason: messageOf(error) };
  }
}
