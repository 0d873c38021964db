/** Has alerts reach people: takes records in, keeps on disk what is still to be told, and agrees with the peer on who tells it. */
import { join } from "node:path";
import type { HubConfig } from "../config.ts";
import { BookDump, type BookSight, NotifyBook } from "../core/notify/book.ts";
import type { Notice } from "../core/notify/notice.ts";
import type { NotifyWord } from "../core/notify/told.ts";
import type { Alert } from "../core/record.ts";
import type { ChannelView, TestedChannel } from "../http/notifications-json.ts";
import { type Log, messageOf } from "../io/log.ts";
import { StateFile } from "../io/state-file.ts";
import { hubOrigin } from "../tls/hub-origin.ts";
import { Channel } from "./channel.ts";
import { type Message, messageOfNotice, type Teller } from "./message.ts";

export interface NotifierOptions {
  config: Pick<HubConfig, "machine" | "peer" | "stateDirectory" | "notifications" | "tls">;
  /** For how long the peer's hub was not heard, ms; undefined while it is. */
  peerCutForMs(): number | undefined;
  isQuiet(name: string, subject: string): boolean;
  /** Something was told, which the peer should hear at once. */
  onTold(): void;
  /** A trouble of which this hub has stored the record. */
  onRaised(message: Message): void;
  log: Log;
  /** Monotonic ms. */
  clock(): number;
}

const tickMs = 500;

export class Notifier {
  readonly #options: NotifierOptions;
  readonly #channels: readonly Channel[];
  readonly #file: StateFile<BookDump> | undefined;
  #book: NotifyBook;
  #timer: NodeJS.Timeout | undefined;
  #peer: { channels: readonly string[]; saidAtMs: number } | undefined;
  #keptRevision = 0;
  #keeping: Promise<void> | undefined;
  #ready = false;

  constructor(options: NotifierOptions) {
    this.#options = options;
    const { config, log, clock } = options;
    const { stateDirectory, notifications } = config;
    if (stateDirectory !== undefined && notifications.channels.length > 0)
      this.#file = new StateFile(join(stateDirectory, "notifications.json"), BookDump);
    this.#book = this.#newBook(undefined);
    this.#channels = notifications.channels.map(
      (channel) =>
        new Channel({
          config: channel,
          teller: this.#teller,
          candidates: () => (this.#ready ? this.#book.candidates(channel, this.#sight()) : []),
          queued: () => this.#book.queued(channel),
          onTold: (ids) => this.#told(ids, channel.name),
          log,
          clock,
        }),
    );
  }

  get channels(): readonly Channel[] {
    return this.#channels;
  }

  /** Notices given up since the start. */
  get dropped(): number {
    return this.#book.dropped;
  }

  /** What waited before this start. A file that cannot be read is no reason not to start: what stands is in the records. */
  async open(): Promise<void> {
    try {
      this.#book = this.#newBook(await this.#file?.read());
    } catch (error) {
      this.#options.log.error("notifications.unread", { error: messageOf(error) });
    }
  }

  /** A record of either machine. @param isMade by this hub just now */
  noted({ kind: _, ...alert }: Alert, origin: string, isMade: boolean): void {
    const how = this.#ready ? (isMade ? "made" : "heard") : "read";
    const { notice, raised } = this.#book.note({ ...alert, origin }, how, this.#options.clock());
    if (how === "read") return;
    // Listeners hear each, damped for people or not.
    if (raised !== undefined && isMade) this.#options.onRaised(messageOfNotice(raised, this.#teller));
    if (notice === undefined) return;
    // Not within the turn that stores it.
    setImmediate(() => this.#look());
  }

  /** The records are read back. @param isOpen whether an alert stands by them */
  begin(isOpen: (name: string, subject: string) => boolean): void {
    this.#book.begin(Date.now(), this.#options.clock(), isOpen);
    this.#ready = true;
    this.#timer = setInterval(() => this.#look(), tickMs);
  }

  word(): NotifyWord {
    return { channels: this.#channels.map(({ config }) => config.name), told: this.#book.words(Date.now()) };
  }

  /** @param word undefined from a hub that knows of no notifications */
  heardPeer(word: NotifyWord | undefined): void {
    if (word !== undefined) this.#book.heard(word.told);
    this.#peer = { channels: word?.channels ?? [], saidAtMs: this.#options.clock() };
  }

  views(): ChannelView[] {
    return this.#channels.map((channel) => channel.view());
  }

  /** Really tells a test to one channel or to all that take this severity. @returns undefined when there is no such channel */
  async test(severity: Message["severity"], name?: string): Promise<TestedChannel[] | undefined> {
    const meant = this.#channels.filter(({ config }) => name === undefined || config.name === name);
    if (name !== undefined && meant.length === 0) return undefined;
    return await Promise.all(
      meant.map(async (channel): Promise<TestedChannel> => {
        const startedMs = this.#options.clock();
        const error = await channel.test(severity);
        const tookMs = Math.round(this.#options.clock() - startedMs);
        return { channel: channel.config.name, ok: error === undefined, error: error ?? null, tookMs };
      }),
    );
  }

  /** Resolves when nothing is told or written any more. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#channels.map((channel) => channel.stop()));
    this.#keep();
    while (this.#keeping !== undefined) await this.#keeping;
  }

  #newBook(dump: BookDump | undefined): NotifyBook {
    const { machine, peer, notifications } = this.#options.config;
    const [first = machine.name, second = peer.name] = [machine.name, peer.name].toSorted();
    const options = { self: machine.name, machines: [first, second] as const, channels: notifications.channels };
    return new NotifyBook(options, dump, this.#options.clock());
  }

  get #teller(): Teller {
    const { config } = this.#options;
    const { name, hub } = config.machine;
    return { machine: name, page: `${hubOrigin(config, hub)}/` };
  }

  #sight(): BookSight {
    const { peerCutForMs, isQuiet, clock } = this.#options;
    const { channels = [], saidAtMs } = this.#peer ?? {};
    const peer = { cutForMs: peerCutForMs(), channels, saidAtMs };
    return { nowMs: Date.now(), clockMs: clock(), peer, isQuiet };
  }

  #look(): void {
    this.#book.tick(this.#sight());
    this.#keep();
    for (const channel of this.#channels) channel.look();
  }

  #told(ids: readonly Notice["id"][], channel: string): void {
    for (const id of ids) this.#book.told(id, channel, Date.now());
    this.#keep();
    this.#options.onTold();
  }

  /** One write at a time; what came meanwhile goes with the next. */
  #keep(): void {
    const { revision } = this.#book;
    if (this.#file === undefined || this.#keeping !== undefined || revision === this.#keptRevision) return;
    this.#keptRevision = revision;
    this.#keeping = this.#file.write(this.#book.dump()).then(
      () => {
        this.#keeping = undefined;
        this.#keep();
      },
      (error: unknown) => {
        this.#keeping = undefined;
        // The next look tries again.
        this.#keptRevision = Number.NaN;
        this.#options.log.error("notifications.unkept", { error: messageOf(error) });
      },
    );
  }
}
