/** Two seats of the failover on a wire of this process, with fakes for router, supervisor and witness, and real disks. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HubConfig, type HubConfigInput, HubConfig as HubConfigSchema } from "../../../hub/config.ts";
import { Saved, type Table, type WitnessKey, Word } from "../../../hub/core/failover/messages.ts";
import type { ServiceView } from "../../../hub/core/failover/service.ts";
import { mergeTables } from "../../../hub/core/failover/table.ts";
import type { RefusedWord, RouteWord } from "../../../hub/core/router/word.ts";
import type { ServiceWord } from "../../../hub/core/supervisor/word.ts";
import type { Judgement } from "../../../hub/core/verdict.ts";
import type { Log } from "../../../hub/io/log.ts";
import { monoMs } from "../../../hub/io/mono-clock.ts";
import { failoverSeat } from "../../../hub/judge/failover-seat.ts";
import type { JudgeListener } from "../../../hub/judge/listener.ts";
import type { Doors } from "../../../hub/judge/seat/doors.ts";
import type { FromSeat } from "../../../hub/judge/seat/messages.ts";

export type Name = "mainpc" | "pc2";
export const names: readonly Name[] = ["mainpc", "pc2"];
const peerOf = (name: Name): Name => (name === "mainpc" ? "pc2" : "mainpc");

export const service = (name: string, more: Partial<NonNullable<HubConfigInput["services"]>[number]> = {}) => ({
  name,
  home: "mainpc",
  standby: "pc2",
  mode: "warm" as const,
  singleWriter: false,
  route: 7_000,
  instances: Object.fromEntries(
    names.map((machine, i) => [
      machine,
      { host: "127.0.0.1", port: 7_001 + i, probe: { kind: "tcp" as const, host: "127.0.0.1", port: 7_001 + i } },
    ]),
  ),
  ...more,
});

/** One seat and all that it said. */
export class Seat {
  readonly name: Name;
  readonly log: string[] = [];
  readonly toMain: FromSeat[] = [];
  readonly routed: (readonly RouteWord[])[] = [];
  readonly supervised: (readonly ServiceWord[])[] = [];
  /** What was put and said, in order. */
  readonly deeds: string[] = [];
  routerAnswers = true;
  /** What its router refuses, each time. */
  routerRefuses: RefusedWord[] = [];
  running = true;
  asleepMs = 0;
  digest = "";
  said: unknown;
  counter = 0;
  ack: { incarnation: string; counter: number; digest: string } | undefined;
  readonly listener: JudgeListener;
  readonly #stop = new AbortController();

  constructor(name: Name, config: HubConfig, standing: Standing, succeeds: boolean) {
    this.name = name;
    const write = (event: string) => void this.log.push(event);
    const log: Log = { info: write, warn: write, error: write };
    const doors: Doors = {
      router: {
        put: async (words) => {
          if (!this.routerAnswers) throw new Error("no answer");
          this.routed.push(words);
          this.deeds.push(...words.map(({ service, to }) => `${service} ${to === null ? "held" : to.port}`));
          return this.routerRefuses;
        },
      },
      supervisor: {
        put: async (words) => {
          this.supervised.push(words);
          const services = words.map(({ service, run }) => ({ service, running: run || this.running }));
          return { type: "answer", answer: { services } };
        },
      },
      ...(config.witness === undefined
        ? {}
        : { witness: witnessOf(standing, () => this.deeds.push("witness: renewed seed")) }),
    };
    const voice = {
      setDigest: (digest: string) => {
        this.digest = digest;
      },
      say: (word: unknown) => {
        this.said = word;
        const { table } = Word.parse(word);
        this.deeds.push(`says ${JSON.stringify(table)}, ${isOnDisk(table, config) ? "on disk" : "not on disk"}`);
      },
      beat: () => {},
      tellMain: (message: unknown) => void this.toMain.push(message as FromSeat),
      succeeds,
      log,
    };
    const factory = failoverSeat(
      () => doors,
      () => monoMs() + this.asleepMs,
    );
    this.listener = factory(voice, config, this.#stop.signal);
  }

  view(name: string): ServiceView | undefined {
    const told = this.toMain.findLast((message) => message.type === "services");
    return told?.services.find((view) => view.name === name);
  }

  route(name: string): RouteWord | undefined {
    return this.routed.at(-1)?.find((word) => word.service === name);
  }

  tell(message: unknown): void {
    this.listener.told(message, monoMs());
  }

  /** What the judge would find of the peer. */
  judge(verdict: "alive" | "dead"): void {
    const judgement: Judgement = { verdict, sinceMs: monoMs(), reason: "" };
    const parts = { hub: judgement, nats: judgement, pushgateway: judgement };
    this.listener.judged(peerOf(this.name), { judgement, parts }, monoMs());
  }

  stop(): void {
    this.#stop.abort();
  }
}

function isOnDisk(table: Table, { stateDirectory = "" }: HubConfig): boolean {
  const disk = readTable(join(stateDirectory, "failover.json"));
  return mergeTables(disk, table) === disk;
}

function readTable(path: string): Table {
  try {
    return Saved.parse(JSON.parse(readFileSync(path, "utf8")).saved).table;
  } catch {
    // A test may have torn it, or it is not there yet.
    return {};
  }
}

/** What the witness holds, and whether it answers. */
interface Standing {
  keys: Map<string, WitnessKey>;
  witnessAnswers: boolean;
}

function witnessOf(standing: Standing, onRenewed: () => void): NonNullable<Doors["witness"]> {
  const { keys } = standing;
  return {
    renewSeed: onRenewed,
    read: async () => (standing.witnessAnswers ? new Map(keys) : "silent"),
    write: async (service, entry, expected) => {
      if (!standing.witnessAnswers) return "silent";
      const revision = keys.get(service)?.revision ?? 0;
      if (revision !== expected) return "conflict";
      keys.set(service, { ...entry, revision: revision + 1 });
      return revision + 1;
    },
  };
}

export class Seats implements Standing {
  readonly directory = mkdtempSync(join(tmpdir(), "tandem-seats-"));
  readonly keys = new Map<string, WitnessKey>();
  witnessAnswers = true;
  readonly seats = new Map<Name, Seat>();
  readonly #timer: NodeJS.Timeout;
  readonly #config: Pick<HubConfigInput, "services" | "witness" | "failover">;

  constructor(config: Pick<HubConfigInput, "services" | "witness" | "failover">) {
    this.#config = config;
    this.#timer = setInterval(() => this.#turn(), 20);
  }

  /** @param succeeds whether it takes over from one that acted until then */
  start(name: Name, succeeds = false): Seat {
    const seat = new Seat(name, this.config(name), this, succeeds);
    this.seats.set(name, seat);
    seat.tell({ type: "sync", inSync: true, refilled: true });
    for (const { name: agent } of this.#config.services ?? [])
      for (const machine of names) seat.tell({ type: "health", instance: `${machine}/${agent}`, health: "healthy" });
    return seat;
  }

  /** Both, each with the other alive. */
  startBoth(): [Seat, Seat] {
    const mainpc = this.start("mainpc");
    const pc2 = this.start("pc2");
    for (const seat of [mainpc, pc2]) {
      seat.judge("alive");
      for (const { name } of this.#config.services ?? [])
        seat.tell({ type: "health", instance: `${peerOf(seat.name)}/${name}`, health: "healthy" });
    }
    return [mainpc, pc2];
  }

  /** It yields to the next one. */
  async leave(name: Name): Promise<void> {
    const seat = this.seats.get(name);
    seat?.stop();
    this.seats.delete(name);
    await seat?.listener.leave();
  }

  kill(name: Name): void {
    this.seats.get(name)?.stop();
    this.seats.delete(name);
    for (const seat of this.seats.values()) seat.judge("dead");
  }

  config(name: Name): HubConfig {
    const machine = (of: Name) => ({
      name: of,
      hubName: of,
      hub: { host: "127.0.0.1", port: 9_000 },
      beats: { host: "127.0.0.1", port: 9_001 },
      nats: { host: "127.0.0.1", port: 4_222 },
      monitoring: { host: "127.0.0.1", port: 8_222 },
      pushgateway: { host: "127.0.0.1", port: 9_091 },
    });
    return HubConfigSchema.parse({
      v: 1,
      machine: machine(name),
      peer: machine(peerOf(name)),
      agents: [],
      stateDirectory: join(this.directory, name),
      ...this.#config,
    } satisfies HubConfigInput);
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const seat of this.seats.values()) seat.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #turn(): void {
    for (const seat of this.seats.values()) {
      const { listener, name, digest } = seat;
      const counter = ++seat.counter;
      listener.beatSent(counter, monoMs());
      const other = this.seats.get(peerOf(name));
      if (other !== undefined) {
        const beat = { incarnation: name, counter, digest };
        other.listener.beatHeard({ ...beat, ...(seat.ack === undefined ? {} : { ack: seat.ack }) }, monoMs());
        other.ack = beat;
        if (seat.said !== undefined) other.listener.word(seat.said, monoMs());
      }
      listener.tick(monoMs());
    }
  }
}
