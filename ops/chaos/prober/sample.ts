/** What the prober is told to ask for, and what it writes down of each request. */

/** One client that asks again and again, first at the address where it went well last, then at the other one. */
export interface Stream {
  /** Unique; for people. @example "pushes of mainpc" */
  name: string;
  kind: "push" | "get";
  /** In order of preference. */
  targets: { machine: string; url: string }[];
  /** Between the starts of two requests, whatever becomes of them, ms. */
  everyMs: number;
  /** For one try at one address, ms. */
  tryMs: number;
  /**
   * Of pushes: numbers them from 1 under this name, as `Tandem-Client` and `Tandem-Seq`, and sends what failed again before
   * anything new. @default numbers unique in the run, each sent once
   */
  client?: string;
  /**
   * Requests that this thread comes to so late are left out, ms: it stood still itself, which is no fault of whoever is asked.
   * @default all that were due are made up for at once
   */
  skipLateMs?: number;
}

export interface Sample {
  /** Name of the stream. */
  stream: string;
  /** When it was due, shared monotonic time, ms. */
  atMs: number;
  /** Until it was answered or given up, ms. */
  tookMs: number;
  ok: boolean;
  /** Machine that answered; the last one tried when none did. */
  by: string;
  /** What went wrong at each address that was tried in vain. */
  errors: string[];
  /** Of a push: the number that it wrote. */
  number?: number;
}

export interface ProberInput {
  streams: Stream[];
  /** PEM of the CAs of the site: what one thread trusts no other does. */
  trusted: readonly string[];
}

export type ProberMessage = { samples: Sample[] };

export type ProberOrder =
  /** Nothing new any more: only numbered pushes that have failed are sent again. */
  | { kind: "settle" }
  /** Those that are new begin, the others go on with these addresses. */
  | { kind: "ask"; streams: Stream[] };
