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
  NatsError,
  RetentionPolicy,
  StorageType,
} from "nats";
import { SnapshotLine, SnapshotManifest } from "../core/snapshot.ts";
import { type FedMessage, feed } from "./feed.ts";
import { acrossLink } from "./inboxes.ts";
import { type Log, messageOf } from "./log.ts";
import { isNoMessage, isNoResponder, isNoStream } from "./streams.ts";

export const snapshotStream = "observability-snapshots";
/** Most that a snapshot may take, bytes of JSON; what may be pushed stays far below it (`limits.textCharacters`). */
export const snapshotLimitBytes = 256 * 1024 ** 2;
/** Limit of the stream: two snapshots, and one that is being written. */
const maxBytes = 3 * snapshotLimitBytes;
/** A line may be longer than any message, so parts are cut without regard to lines. */
const partBytes = 128 * 1024;
const newline = 10;
const requestTimeoutMs = 2_000;
const publishTimeoutMs = 5_000;

const partSubject = (machine: string) => `tandem.snapshot.${machine}.part`;
const manifestSubject = (machine: string) => `tandem.snapshot.${machine}.manifest`;

/** A manifest and its place in the stream. */
export interface StoredSnapshot {
  manifest: SnapshotManifest;
  seq: number;
}

/** Looks through a snapshot that another machine wrote, line by line as it is read. */
export interface SnapshotJudge {
  /** One is begun to be read. @returns whether a line of it is taken in; what is not is not even kept until the end */
  begin(): (line: SnapshotLine) => boolean;
  /** It is longer than any that a hub writes, and not read further. */
  onTooLong(): void;
}

/** What the writer adds itself. */
export type ManifestDraft = Omit<SnapshotManifest, "v" | "machine" | "parts" | "firstSeq" | "lines" | "sha256">;

/** Those of groups aside, lines are far shorter: an account of 20,000 starts and 30,000 runs takes 2 MiB. */
const longestLineBytes = 16 * 1024 ** 2;
const groupStart = '{"is":"group"';

class TooLong extends Error {}

/** The feed broke: that says nothing of the bytes. */
class Unreached extends Error {}

const tooLarge = (limitBytes: number) =>
  `the state takes more than the ${limitBytes} bytes of a snapshot; delete groups that nobody needs any more`;

export class SnapshotStore {
  readonly #machine: string;
  readonly #js: JetStreamClient;
  readonly #nc: NatsConnection;
  readonly #log: Log;
  readonly #limitBytes: number;
  /** Of a stream that was made then, what has been dropped behind the newest snapshot. */
  #dropped = { created: "", upTo: 0 };
  /** Of the one that was written last; undefined before. */
  bytes: number | undefined;

  constructor(machine: string, nc: NatsConnection, log: Log, limitBytes = snapshotLimitBytes) {
    this.#limitBytes = limitBytes;
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
   * @throws when a message is not confirmed, or there is more than a snapshot may take; what was written so far is then none
   */
  async write(lines: AsyncIterable<SnapshotLine>, close: () => ManifestDraft): Promise<StoredSnapshot> {
    const previous = await this.newest(this.#machine);
    await this.#dropBehind(previous);
    const hash = createHash("sha256");
    const written = { parts: 0, firstSeq: 0, lines: 0 };
    let waiting: Buffer[] = [];
    let [size, bytes] = [0, 0];
    const send = async (payload: Buffer) => {
      hash.update(payload);
      const { seq } = await this.#js.publish(partSubject(this.#machine), payload, {
        expect: { streamName: snapshotStream },
      });
      if (written.parts === 0) written.firstSeq = seq;
      written.parts++;
    };
    for await (const line of lines) {
      const text = Buffer.from(`${JSON.stringify(line)}\n`);
      bytes += text.length;
      if (bytes > this.#limitBytes) throw new Error(tooLarge(this.#limitBytes));
      waiting.push(text);
      size += text.length;
      written.lines++;
      if (size < partBytes) continue;
      let rest = Buffer.concat(waiting);
      for (; rest.length >= partBytes; rest = rest.subarray(partBytes)) await send(rest.subarray(0, partBytes));
      waiting = [rest];
      size = rest.length;
    }
    if (size > 0 || written.parts === 0) await send(Buffer.concat(waiting));
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
    this.bytes = bytes;
    await this.#forget(previous);
    return { manifest, seq };
  }

  /** Drops the parts of writes that were cut off: enough of them would fill the stream, and no write would succeed again. */
  async #dropBehind(newest: StoredSnapshot | undefined): Promise<void> {
    // Without a manifest that can be read it is not clear which parts are of no use.
    if (newest === undefined && (await this.#oldest(this.#machine)) !== undefined) return;
    const jsm = await this.#manager();
    const { created, state } = await jsm.streams.info(snapshotStream);
    if (newest === undefined && state.messages > 0) await jsm.streams.purge(snapshotStream);
    if (newest === undefined) return;
    if (this.#dropped.created !== created) this.#dropped = { created, upTo: 0 };
    for (let seq = Math.max(newest.seq, this.#dropped.upTo) + 1; seq <= state.last_seq; seq++) {
      try {
        await jsm.streams.deleteMessage(snapshotStream, seq, false);
      } catch (error) {
        // One that is gone already, or cannot be read.
        if (!(error instanceof NatsError) || error.api_error === undefined) throw error;
      }
      this.#dropped.upTo = seq;
    }
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

  async #oldest(machine: string): Promise<StoredSnapshot | undefined> {
    return await manifestOf(await this.#managerOf(machine), { seq: 1, next_by_subj: manifestSubject(machine) });
  }

  /**
   * Hands over the lines of the newest snapshot that can be read. Groups of one that turns out damaged were handed over too:
   * each of them is true, but its manifest is not returned. What was counted comes last and only from a whole one, since
   * those lines are true together: records that count as noted are not noted again.
   * @param judge of another machine's; without one each line is taken in
   * @returns undefined when there is none, or none that is as it was written
   * @throws when none could be read and one may be whole: who goes on without it writes over it in the end
   */
  async read(
    machine: string,
    onLine: (line: SnapshotLine) => void,
    signal: AbortSignal,
    judge?: SnapshotJudge,
  ): Promise<StoredSnapshot | undefined> {
    const jsm = await this.#managerOf(machine);
    let tooLongSeq = 0;
    let unreached: Unreached | undefined;
    for (const find of [() => this.newest(machine), () => this.#oldest(machine)]) {
      const found = await find();
      // The only one is read twice, since its feed may be what broke; one that is too long stays so.
      if (found === undefined || found.seq === tooLongSeq) continue;
      const counted: SnapshotLine[] = [];
      const admits = judge?.begin();
      const take = (line: SnapshotLine) => {
        if (admits?.(line) === false) return;
        if (isCount(line)) counted.push(line);
        else onLine(line);
      };
      try {
        await this.#readParts(this.#reach(machine), jsm, found, take, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof TooLong) {
          tooLongSeq = found.seq;
          judge?.onTooLong();
        }
        if (error instanceof Unreached) unreached = error;
        this.#log.error("snapshot.unreadable", { machine, seq: found.seq, error: messageOf(error) });
        continue;
      }
      for (const line of counted) onLine(line);
      return found;
    }
    if (unreached !== undefined) throw unreached;
    return undefined;
  }

  async #readParts(
    nc: NatsConnection,
    jsm: JetStreamManager,
    { manifest, seq }: StoredSnapshot,
    onLine: (line: SnapshotLine) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const hash = createHash("sha256");
    let [parts, lines, bytes] = [0, 0, 0];
    /** The beginning of a line that the next part goes on with. */
    let begun: Uint8Array[] = [];
    const take = (line: Uint8Array) => {
      const whole = Buffer.concat([...begun, line]);
      if (whole.length > longestLineBytes && whole.toString("latin1", 0, groupStart.length) !== groupStart)
        throw new TooLong(`its line ${lines + 1} takes ${whole.length} bytes, and is no group's`);
      const text = whole.toString();
      begun = [];
      lines++;
      onLine(SnapshotLine.parse(JSON.parse(text)));
    };
    const messages = feed(nc, jsm, snapshotStream, manifest.firstSeq, signal, { untilCaughtUp: true });
    for await (const { streamSeq, data } of reached(messages)) {
      if (streamSeq >= seq) break;
      bytes += data.length;
      if (bytes > this.#limitBytes) throw new TooLong(`it takes more than the ${this.#limitBytes} bytes of a snapshot`);
      hash.update(data);
      parts++;
      let at = 0;
      for (let end = data.indexOf(newline); end >= 0; end = data.indexOf(newline, at)) {
        take(data.subarray(at, end));
        at = end + 1;
      }
      begun.push(data.subarray(at));
    }
    if (parts !== manifest.parts || lines !== manifest.lines)
      throw new Error(`${parts} of ${manifest.parts} parts and ${lines} of ${manifest.lines} lines are there`);
    if (hash.digest("hex") !== manifest.sha256) throw new Error("its bytes are not those that were written");
  }

  async #managerOf(machine: string): Promise<JetStreamManager> {
    const domain = machine === this.#machine ? {} : { domain: machine };
    const nc = this.#reach(machine);
    return await nc.jetstreamManager({ ...domain, checkAPI: false, timeout: requestTimeoutMs });
  }

  /** The connection by which that machine's stream is asked and heard. */
  #reach(machine: string): NatsConnection {
    return machine === this.#machine ? this.#nc : acrossLink(this.#nc);
  }
}

async function* reached(messages: AsyncIterable<FedMessage>): AsyncIterable<FedMessage> {
  try {
    yield* messages;
  } catch (error) {
    throw new Unreached(messageOf(error), { cause: error });
  }
}

const isCount = ({ is }: SnapshotLine) => is !== "group" && is !== "health" && is !== "alert" && is !== "clock";

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
