/** Writes what a scrape of this hub would read to stores elsewhere: samples into a queue on disk, and a sender for each target takes from it. */
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { HubConfig } from "../config.ts";
import type { QueuedRequest } from "../core/remote-write/backlog.ts";
import { type RemoteWriteWord, type Turn, turnOf } from "../core/remote-write/turns.ts";
import type { RemoteWriteGauges } from "../http/remote-write-metrics.ts";
import { type Log, messageOf } from "../io/log.ts";
import { RequestQueue } from "../io/remote-write/request-queue.ts";
import { type SampledTexts, Sampler } from "./sampler.ts";
import { Sender } from "./sender.ts";

export interface RemoteWriteOptions {
  config: HubConfig;
  version: string;
  /** Whether the peer's hub lives, as far as this one can see. */
  isLinked(): boolean;
  /** Whether it has all that this hub has. */
  isInSync(): boolean;
  log: Log;
}

/** What is wrong with a target, for the alert. */
export interface TargetSight {
  name: string;
  lagMs: number;
  refusingForMs: number;
}

/** As components/prometheus-conf.ts has the hubs scraped, so that the same rules fit. */
const job = "hubs";
const replicaLabel = "tandem_replica";

export class RemoteWrite {
  readonly #options: RemoteWriteOptions;
  readonly #senders: readonly Sender[];
  readonly #stop = new AbortController();
  /** From when it has found what an earlier process left. */
  #queue: RequestQueue | undefined;
  #sampler: Sampler | undefined;
  #opening: Promise<void> = Promise.resolve();
  #unopened = 0;
  #texts: SampledTexts | undefined;
  #peer: RemoteWriteWord = {};
  readonly #madeAtMs = performance.now();

  constructor(options: RemoteWriteOptions) {
    this.#options = options;
    const { config, version, log } = options;
    const { targets } = config.remoteWrite;
    this.#senders = targets.map(
      (target) =>
        new Sender({
          target,
          version,
          queue: () => this.#queue,
          turn: (request) => this.#turn(target.name, request),
          log,
        }),
    );
  }

  /** What is sampled, known once all that a scrape reads is there. */
  sampleFrom(texts: SampledTexts): void {
    this.#texts = texts;
  }

  /** The records are read back: what is sampled from now on is all that is known. */
  begin(): void {
    const { config, log } = this.#options;
    const { stateDirectory } = config;
    if (this.#senders.length === 0) return;
    if (stateDirectory === undefined)
      log.error("remote_write.no_directory", { error: "nothing is sent: remoteWrite needs a stateDirectory" });
    else this.#opening = this.#open(join(stateDirectory, "remote-write"));
  }

  /** A directory that cannot be had keeps nothing else of the hub from its work. */
  async #open(path: string): Promise<void> {
    const { log } = this.#options;
    let complaint = "";
    while (!this.#stop.signal.aborted) {
      const queue = this.#queueAt(path);
      try {
        await queue.open();
        this.#queue = queue;
        return this.#start(queue);
      } catch (error) {
        this.#unopened++;
        const message = messageOf(error);
        if (message !== complaint) log.error("remote_write.unopened", { error: message });
        complaint = message;
        const { signal } = this.#stop;
        await setTimeout(this.#options.config.remoteWrite.everyMs, undefined, { signal }).catch(() => {});
      }
    }
  }

  #queueAt(path: string): RequestQueue {
    const { config, log } = this.#options;
    return new RequestQueue({
      path,
      maxBytes: config.remoteWrite.maxBytes,
      everyMs: config.remoteWrite.everyMs,
      targets: this.#senders.map(({ name }) => name),
      onDropped: (name, samples) => this.#senders.find((each) => each.name === name)?.lost(samples),
      log,
    });
  }

  #start(queue: RequestQueue): void {
    const { config, isLinked, isInSync, log } = this.#options;
    const texts = this.#texts;
    if (texts === undefined || this.#stop.signal.aborted) return;
    const { machine, remoteWrite } = config;
    this.#sampler = new Sampler({
      everyMs: remoteWrite.everyMs,
      target: {
        ...remoteWrite.externalLabels,
        job,
        instance: hostPort(machine.hub),
        [replicaLabel]: `${machine.name}/hub`,
      },
      texts,
      isShared: () => isLinked() && isInSync(),
      append: (requests) => queue.append(requests),
      onAppended: () => {
        for (const sender of this.#senders) sender.look();
      },
      log,
    });
    this.#sampler.start();
    for (const sender of this.#senders) sender.start();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#opening;
    await this.#sampler?.stop();
    await Promise.all(this.#senders.map((sender) => sender.stop()));
    await this.#queue?.close();
  }

  /** For the peer; undefined where nothing is sent. */
  word(): RemoteWriteWord | undefined {
    const queue = this.#queue;
    return queue && Object.fromEntries(this.#senders.map(({ name }) => [name, queue.sent(name) ?? null]));
  }

  heard(word: RemoteWriteWord | undefined): void {
    if (word !== undefined) this.#peer = word;
  }

  get sights(): TargetSight[] {
    return this.#senders.map(({ name, lagMs, refusingForMs }) => ({ name, lagMs, refusingForMs }));
  }

  /**
   * For how long nothing could be kept for any target, ms; 0 when the last sampling was, or there is no target. Nothing waits meanwhile,
   * so that no target is behind.
   */
  get unkeptForMs(): number {
    if (this.#sampler !== undefined) return this.#sampler.unkeptForMs;
    return this.#senders.length === 0 ? 0 : performance.now() - this.#madeAtMs;
  }

  get gauges(): RemoteWriteGauges {
    return {
      targets: () => this.#senders.map(({ name, counts, lagMs }) => ({ name, ...counts, lagMs })),
      queueBytes: () => this.#queue?.bytes ?? 0,
      skipped: () => this.#unopened + (this.#sampler?.skipped ?? 0),
    };
  }

  #turn(target: string, request: QueuedRequest): Turn {
    const { config, isLinked } = this.#options;
    const { machine, peer, remoteWrite } = config;
    return turnOf({
      request,
      isFirst: machine.name < peer.name,
      peer: { linked: isLinked(), sent: this.#peer[target] ?? undefined },
      nowMs: Date.now(),
      everyMs: remoteWrite.everyMs,
    });
  }
}

const hostPort = ({ host, port }: { host: string; port: number }) =>
  `${host.includes(":") ? `[${host}]` : host}:${port}`;
