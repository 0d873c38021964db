/** The records of one machine as its hub keeps them, without the hub around them, on a real NATS. */
import { expect } from "vitest";
import { HubConfig, type HubConfigInput } from "../../hub/config.ts";
import { Fold } from "../../hub/core/fold/fold.ts";
import { Refused } from "../../hub/core/refused.ts";
import { acrossLink } from "../../hub/io/inboxes.ts";
import { createLog } from "../../hub/io/log.ts";
import { NatsLink } from "../../hub/io/nats-link.ts";
import { Records } from "../../hub/io/records.ts";
import type { NatsServer } from "./nats-pair.ts";

export type Machine = "mainpc" | "pc2";
/** Of which the ports are needed. */
type Servers = Record<Machine, NatsServer>;
const peerOf = (machine: Machine): Machine => (machine === "mainpc" ? "pc2" : "mainpc");

/** The records of one machine as its hub keeps them, without the hub around them. */
export class RecordsSide {
  readonly said: string[] = [];
  readonly fold = new Fold();
  readonly refused = new Refused();
  readonly records: Records;
  readonly #machine: Machine;
  readonly #link: NatsLink;
  readonly #stop = new AbortController();

  private constructor(machine: Machine, link: NatsLink, config: HubConfig) {
    this.#machine = machine;
    this.#link = link;
    this.records = new Records({
      config,
      fold: this.fold,
      log: createLog(machine, (line) => this.said.push(line)),
      refused: this.refused,
      clock: () => performance.now(),
      onGroups: () => {},
      onRemembered: () => {},
      onSync: () => {},
    });
  }

  static async start(machine: Machine, nats: Servers, input: Partial<HubConfigInput> = {}): Promise<RecordsSide> {
    const side = await RecordsSide.open(machine, nats, input);
    await side.readBack();
    return side;
  }

  /** As a hub that has not begun to read its records back. */
  static async open(machine: Machine, nats: Servers, input: Partial<HubConfigInput> = {}): Promise<RecordsSide> {
    const log = createLog(machine, () => {});
    const { port } = nats[machine];
    let side: RecordsSide | undefined;
    const onReconnect = () => side?.natsIsBack();
    const seedFile = input.nats?.nkeySeedFile;
    const options = { host: "127.0.0.1", port, name: machine, machine, seedFile, log, onReconnect };
    const link = await NatsLink.open(options, new AbortController().signal);
    side = new RecordsSide(machine, link, configOf(machine, nats, input));
    await side.records.open();
    return side;
  }

  async readBack(): Promise<void> {
    await this.records.start(this.#link, this.#stop.signal);
  }

  /** As the hub does when its connection stands again. */
  natsIsBack(): void {
    const again = () => this.records.checkStreams(this.#link.nc, this.#stop.signal);
    again().catch((error: unknown) => this.said.push(String(error)));
  }

  /** Pushes of groups of their own, numbered from `from` on. */
  async push(count: number, from = 1): Promise<void> {
    for (let i = from; i < from + count; i++) {
      const body = `marked ${i}\n`;
      const group: [string, string][] = [["job", `${this.#machine}-${i}`]];
      const outcome = await this.records.append("metrics", { kind: "push", op: "put", group, body });
      expect(outcome.kind).toBe("stored");
    }
  }

  /** How many messages a stream of this machine's domain holds. */
  async messages(stream: string): Promise<number> {
    const jsm = await this.#link.nc.jetstreamManager({ checkAPI: false });
    return (await jsm.streams.info(stream)).state.messages;
  }

  /** Whether the streams of the other machine can be read from here. */
  async reaches(machine: Machine): Promise<boolean> {
    const across = acrossLink(this.#link.nc);
    const jsm = await across.jetstreamManager({ domain: machine, checkAPI: false, timeout: 500 });
    return jsm.streams.info("observability-metrics").then(
      () => true,
      () => false,
    );
  }

  /** Tells the other side what this one holds, and lets this one fetch what it lacks. */
  async exchange(other: RecordsSide): Promise<void> {
    const beat = {
      v: 1 as const,
      machine: this.#machine,
      incarnation: "i",
      counter: 1,
      wallMs: 0,
      lagMs: 0,
      agents: [],
    };
    other.records.heardPeer({ ...beat, ...this.records.forHeartbeat() });
    await this.refill();
  }

  async refill(): Promise<void> {
    await this.records.refill(this.#link.nc, this.#stop.signal);
  }

  line(origin: Machine) {
    return this.records.ledgerEntries().find((entry) => entry.origin === origin && entry.stream === "metrics");
  }

  /** As SIGKILL leaves it: without a last snapshot. */
  async kill(): Promise<void> {
    this.#stop.abort();
    await this.#link.close();
    await this.records.stop();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.records.stop();
    await this.#link.close();
  }
}

function configOf(machine: Machine, nats: Servers, input: Partial<HubConfigInput>): HubConfig {
  const nowhere = { host: "127.0.0.1", port: 1 };
  const at = (name: Machine) => ({
    name,
    hubName: name,
    hub: nowhere,
    nats: { host: "127.0.0.1", port: nats[name].port },
    monitoring: nowhere,
    pushgateway: nowhere,
    beats: nowhere,
  });
  return HubConfig.parse({ v: 1, machine: at(machine), peer: at(peerOf(machine)), agents: [], ...input });
}
