/**
 * Keeps a machine's snapshots in a stream of its own domain, where the peer can read them too. A snapshot is a run of
 * messages with lines of JSON and a manifest behind them; the last two are kept, since the newest may be one that was
 * damaged.
 */
import { createHash } from "node:crypto";
import {
  DiscardPolicy,
  type JetStreamClient,
  type JetStreamManager,
  type NatsConnection,
  RetentionPolicy,
  StorageType,
} from "nats";
import { SnapshotLine, SnapshotManifest } from "../core/snapshot.ts";
import { feed } from "./feed.ts";
import { type Log, messageOf } from "./log.ts";
import { isNoMessage, isNoResponder, isNoStream } from "./streams.ts";

export const snapshotStream = "observability-snapshots";
/** Limit of the stream, bytes: two snapshots, and one that is being written. */
const maxBytes = 768 * 1024 ** 2;
const partBytes = 128 * 1024;
const requestTimeoutMs = 2_000;
const publishTimeoutMs = 5_000;

const partSubject = (machine: string) => `tandem.snapshot.${machine}.part`;
const manifestSubject = (machine: string) => `tandem.snapshot.${machine}.manifest`;

/** A manifest and its place in the stream. */
export interface StoredSnapshot {
  manifest: SnapshotManifest;
  seq: number;
}

/** What the writer adds itself. */
export type ManifestDraft = Omit<SnapshotManifest, "v" | "machine" | "parts" | "firstSeq" | "lines" | "sha256">;

export class SnapshotStore {
  readonly #machine: string;
  readonly #js: JetStreamClient;
  readonly #nc: NatsConnection;
  readonly #log: Log;

  constructor(machine: string, nc: NatsConnection, log: Log) {
    this.#machine = machine;
    this.#nc = nc;
    this.#log = log;
    this.#js = nc.jetstream({ timeout: publishTimeoutMs });
  }

  /** Creates the stream when it is missing. @returns whether it was */
  async ensure(): Promise<boolean> {
    const jsm = await this.#manager();
    try {
      await jsm.streams.info(snapshotStream);
      return false;
    } catch (error) {
      if (!isNoStream(error)) throw error;
    }
    await jsm.streams.add({
      name: snapshotStream,
      subjects: [`tandem.snapshot.${this.#machine}.*`],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.New,
      max_bytes: maxBytes,
      num_replicas: 1,
      allow_direct: true,
    });
    return true;
  }

  /**
   * Writes the lines as they come and then what `close` says. The iterable may pause between lines.
   * @throws when a message is not confirmed; what was written so far is then no snapshot
   */
  async write(lines: AsyncIterable<SnapshotLine>, close: () => ManifestDraft): Promise<StoredSnapshot> {
    const previous = await this.newest(this.#machine);
    const hash = createHash("sha256");
    const written = { parts: 0, firstSeq: 0, lines: 0 };
    let waiting: string[] = [];
    let size = 0;
    const send = async () => {
      const payload = Buffer.from(waiting.join(""));
      waiting = [];
      size = 0;
      hash.update(payload);
      const { seq } = await this.#js.publish(partSubject(this.#machine), payload, {
        expect: { streamName: snapshotStream },
      });
      if (written.parts === 0) written.firstSeq = seq;
      written.parts++;
    };
    for await (const line of lines) {
      const text = `${JSON.stringify(line)}\n`;
      waiting.push(text);
      size += text.length;
      written.lines++;
      if (size >= partBytes) await send();
    }
    if (waiting.length > 0 || written.parts === 0) await send();
    const manifest: SnapshotManifest = {
      v: 1,
      machine: this.#machine,
      ...written,
      sha256: hash.digest("hex"),
      ...close(),
    };
    const { seq } = await this.#js.publish(manifestSubject(this.#machine), JSON.stringify(manifest), {
      expect: { streamName: snapshotStream },
    });
    await this.#forget(previous);
    return { manifest, seq };
  }

  /** Drops all but this one and the one before it. */
  async #forget(previous: StoredSnapshot | undefined): Promise<void> {
    if (previous === undefined) return;
    const jsm = await this.#manager();
    await jsm.streams.purge(snapshotStream, { seq: previous.manifest.firstSeq });
  }

  async #manager(): Promise<JetStreamManager> {
    return await this.#nc.jetstreamManager({ checkAPI: false, timeout: requestTimeoutMs });
  }

  /** The newest snapshot of a machine that is whole so far as its manifest shows; undefined when there is none. */
  async newest(machine: string): Promise<StoredSnapshot | undefined> {
    return await manifestOf(await this.#managerOf(machine), { last_by_subj: manifestSubject(machine) });
  }

  /**
   * Hands over the lines of the newest snapshot that can be read. Lines of one that turns out damaged were handed over too:
   * each of them is true, but its manifest is not returned.
   * @returns undefined when there is none
   */
  async read(
    machine: string,
    onLine: (line: SnapshotLine) => void,
    signal: AbortSignal,
  ): Promise<StoredSnapshot | undefined> {
    const jsm = await this.#managerOf(machine);
    const subject = manifestSubject(machine);
    for (const query of [{ last_by_subj: subject }, { seq: 1, next_by_subj: subject }]) {
      const found = await manifestOf(jsm, query);
      try {
        if (found !== undefined) await this.#readParts(jsm, found, onLine, signal);
        if (found !== undefined) return found;
      } catch (error) {
        signal.throwIfAborted();
        this.#log.error("snapshot.unreadable", { machine, seq: found?.seq, error: messageOf(error) });
      }
    }
    return undefined;
  }

  async #readParts(
    jsm: JetStreamManager,
    { manifest, seq }: StoredSnapshot,
    onLine: (line: SnapshotLine) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const hash = createHash("sha256");
    let [parts, lines] = [0, 0];
    for await (const { streamSeq, data } of feed(this.#nc, jsm, snapshotStream, manifest.firstSeq, signal, {
      untilCaughtUp: true,
    })) {
      if (streamSeq >= seq) break;
      hash.update(data);
      parts++;
      for (const text of Buffer.from(data).toString().split("\n")) {
        if (text === "") continue;
        lines++;
        onLine(SnapshotLine.parse(JSON.parse(text)));
      }
    }
    if (parts !== manifest.parts || lines !== manifest.lines)
      throw new Error(`${parts} of ${manifest.parts} parts and ${lines} of ${manifest.lines} lines are there`);
    if (hash.digest("hex") !== manifest.sha256) throw new Error("its bytes are not those that were written");
  }

  async #managerOf(machine: string): Promise<JetStreamManager> {
    const domain = machine === this.#machine ? {} : { domain: machine };
    return await this.#nc.jetstreamManager({ ...domain, checkAPI: false, timeout: requestTimeoutMs });
  }
}

async function manifestOf(
  jsm: JetStreamManager,
  query: { last_by_subj: string } | { seq: number; next_by_subj: string },
): Promise<StoredSnapshot | undefined> {
  try {
    const message = await jsm.streams.getMessage(snapshotStream, query);
    const parsed = SnapshotManifest.safeParse(JSON.parse(Buffer.from(message.data).toString()));
    return parsed.success ? { manifest: parsed.data, seq: message.seq } : undefined;
  } catch (error) {
    if (isNoStream(error) || isNoResponder(error) || isNoMessage(error)) return undefined;
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
