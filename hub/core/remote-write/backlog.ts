/** Which requests wait on the disk, in the order of their samples, how far each target has come in them, and what it costs to let the oldest go. */

/** What a hub tells of itself, what is known of the fleet to this hub alone, or to both (turns.ts). */
export const requestKinds = ["own", "apart", "shared"] as const;
export type RequestKind = (typeof requestKinds)[number];

/** A request as it lies in a file of the queue. */
export interface QueuedRequest {
  segment: number;
  /** Bytes of the file before it, and up to its end. */
  start: number;
  end: number;
  samples: number;
  /** Instant of its samples, wall ms. */
  atMs: number;
  kind: RequestKind;
}

/** How far a target has come, in the words of the disk, so that it holds over a start. */
export interface Position {
  segment: number;
  offset: number;
}

/** From the first to the last of instants in a row, wall ms. */
export interface Span {
  fromMs: number;
  upToMs: number;
}

interface Progress {
  /** Number of the request that comes next. */
  next: number;
  /** Instants of which this hub sent something shared, none between them left out; undefined before the first. */
  sent: Span | undefined;
  /** Last instant of which the target has not got something shared from this hub, wall ms. */
  gapMs: number;
}

/** Mutable. Requests are numbered from the oldest that was ever here. */
export class Backlog {
  readonly #requests: QueuedRequest[] = [];
  readonly #progress = new Map<string, Progress>();
  readonly #everyMs: number;
  /** Number of the oldest that is still here. */
  #first = 0;
  #end: Position = { segment: 0, offset: 0 };

  /** @param everyMs between two instants */
  constructor(targets: readonly string[], everyMs: number) {
    this.#everyMs = everyMs;
    for (const target of targets)
      this.#progress.set(target, { next: 0, sent: undefined, gapMs: Number.NEGATIVE_INFINITY });
  }

  /** Behind all others. */
  add(request: QueuedRequest): void {
    this.#requests.push(request);
    this.#end = { segment: request.segment, offset: request.end };
  }

  /** After a start: goes on from there. Without it a target begins with the oldest. */
  resume(target: string, { segment, offset }: Position): void {
    const at = this.#requests.findIndex(
      (each) => each.segment > segment || (each.segment === segment && each.start >= offset),
    );
    const progress = this.#of(target);
    progress.next = this.#first + (at < 0 ? this.#requests.length : at);
    // What became of the others of the instant nobody knows any more.
    const before = this.#requests[at - 1];
    if (before?.kind === "shared" && before.atMs === this.next(target)?.atMs) progress.gapMs = before.atMs;
  }

  get oldestSegment(): number | undefined {
    return this.#requests[0]?.segment;
  }

  next(target: string): QueuedRequest | undefined {
    return this.#requests[this.#of(target).next - this.#first];
  }

  /**
   * The target has the next one, will never take it, or has it from the peer. Without effect when it went meanwhile: it is noted as missed
   * then, with all of its instant. @param sent by this hub
   */
  pass(target: string, request: QueuedRequest, sent: boolean): void {
    if (this.next(target) !== request) return;
    const progress = this.#of(target);
    if (request.kind === "shared") this.#note(progress, request.atMs, sent);
    progress.next++;
  }

  position(target: string): Position {
    const next = this.next(target);
    return next === undefined ? this.#end : { segment: next.segment, offset: next.start };
  }

  /** The last instants in a row of which the target has everything shared from this hub; undefined before the first. */
  sent(target: string): Span | undefined {
    const { sent, next } = this.#of(target);
    if (sent === undefined) return undefined;
    const waiting = this.#requests.slice(next - this.#first).find(({ kind }) => kind === "shared");
    // Of an instant there may be several.
    const upToMs = waiting === undefined ? sent.upToMs : Math.min(sent.upToMs, waiting.atMs - 1);
    return upToMs < sent.fromMs ? undefined : { fromMs: sent.fromMs, upToMs };
  }

  /** The oldest file goes. @returns samples that each target had not got of it */
  dropSegment(): Map<string, number> {
    const segment = this.oldestSegment;
    const count = this.#countOf(segment);
    const lost = new Map<string, number>();
    for (const [target, progress] of this.#progress) {
      const got = Math.max(0, progress.next - this.#first);
      const missed = this.#requests.slice(Math.min(got, count), count);
      lost.set(
        target,
        missed.reduce((sum, { samples }) => sum + samples, 0),
      );
      for (const { kind, atMs } of missed) if (kind === "shared") this.#note(progress, atMs, false);
      progress.next = Math.max(progress.next, this.#first + count);
    }
    this.#requests.splice(0, count);
    this.#first += count;
    return lost;
  }

  /** The oldest file when no target needs it any more. @param open that is still written to */
  passedSegment(open: number | undefined): number | undefined {
    const segment = this.oldestSegment;
    if (segment === undefined || segment === open) return undefined;
    const behind = this.#first + this.#countOf(segment);
    return [...this.#progress.values()].every(({ next }) => next >= behind) ? segment : undefined;
  }

  /** Of an instant there may be several, and it is sent when all of them are. */
  #note(progress: Progress, atMs: number, sent: boolean): void {
    const span = progress.sent;
    if (sent && atMs !== progress.gapMs) progress.sent = this.#spanWith(span, atMs);
    if (sent) return;
    progress.gapMs = atMs;
    if (span === undefined || span.upToMs < atMs) return;
    progress.sent = span.fromMs < atMs ? { fromMs: span.fromMs, upToMs: atMs - 1 } : undefined;
  }

  /** An instant that this hub did not sample, was apart at, or left to the peer, is none that it can answer for. */
  #spanWith(span: Span | undefined, atMs: number): Span {
    const follows = span !== undefined && atMs >= span.upToMs && atMs - span.upToMs <= this.#everyMs;
    return { fromMs: follows ? span.fromMs : atMs, upToMs: atMs };
  }

  #countOf(segment: number | undefined): number {
    const count = this.#requests.findIndex((each) => each.segment !== segment);
    return count < 0 ? this.#requests.length : count;
  }

  #of(target: string): Progress {
    const progress = this.#progress.get(target);
    if (progress === undefined) throw new Error(`${target} is no target of this queue`);
    return progress;
  }
}
