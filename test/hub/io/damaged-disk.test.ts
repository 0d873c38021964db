import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HubConfig } from "../../../hub/config.ts";
import { Fold } from "../../../hub/core/fold/fold.ts";
import { createLog } from "../../../hub/io/log.ts";
import { NatsLink } from "../../../hub/io/nats-link.ts";
import { Records } from "../../../hub/io/records.ts";
import { type NatsPair, type NatsServer, startNatsPair } from "../../support/nats-pair.ts";
import { until } from "../../support/until.ts";

type Machine = "mainpc" | "pc2";
const peerOf = (machine: Machine): Machine => (machine === "mainpc" ? "pc2" : "mainpc");

/** The records of one machine as its hub keeps them, without the hub around them. */
class Side {
  readonly said: string[] = [];
  readonly fold = new Fold();
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
      clock: () => performance.now(),
      onGroups: () => {},
      onRemembered: () => {},
      onSync: () => {},
    });
  }

  static async start(machine: Machine, nats: NatsPair): Promise<Side> {
    const log = createLog(machine, () => {});
    const { port } = nats[machine];
    let side: Side | undefined;
    const onReconnect = () => side?.natsIsBack();
    const options = { host: "127.0.0.1", port, name: machine, seedFile: undefined, log, onReconnect };
    const link = await NatsLink.open(options, new AbortController().signal);
    side = new Side(machine, link, configOf(machine, nats));
    await side.records.start(link, side.#stop.signal);
    return side;
  }

  /** As the hub does when its connection stands again. */
  natsIsBack(): void {
    const again = () => this.records.checkStreams(this.#link.nc, this.#stop.signal);
    again().catch((error: unknown) => this.said.push(String(error)));
  }

  async push(count: number): Promise<void> {
    for (let i = 1; i <= count; i++) {
      const body = `marked ${i}\n`;
      const group: [string, string][] = [["job", `${this.#machine}-${i}`]];
      const outcome = await this.records.append("metrics", { kind: "push", op: "put", group, body });
      expect(outcome.kind).toBe("stored");
    }
  }

  /** Tells the other side what this one holds, and lets this one fetch what it lacks. */
  async exchange(other: Side): Promise<void> {
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
    await this.records.refill(this.#link.nc, this.#stop.signal);
  }

  line(origin: Machine) {
    return this.records.ledgerEntries().find((entry) => entry.origin === origin && entry.stream === "metrics");
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.records.stop();
    await this.#link.close();
  }
}

function configOf(machine: Machine, nats: NatsPair): HubConfig {
  const nowhere = { host: "127.0.0.1", port: 1 };
  const at = (name: Machine) => ({
    name,
    hubName: name,
    hub: nowhere,
    nats: { host: "127.0.0.1", port: nats[name].port },
    monitoring: nowhere,
    pushgateway: nowhere,
  });
  return HubConfig.parse({ v: 1, machine: at(machine), peer: at(peerOf(machine)), agents: [] });
}

/** Flips one bit of the body `marked <i>` in the files of a stream. */
function flip(server: NatsServer, stream: string, i: number): void {
  const folder = join(server.storeFolder, "jetstream", "$G", "streams", stream, "msgs");
  let flips = 0;
  for (const name of readdirSync(folder).filter((each) => each.endsWith(".blk"))) {
    const bytes = readFileSync(join(folder, name));
    const at = bytes.indexOf(`marked ${i}\\n`);
    if (at < 0) continue;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(join(folder, name), bytes);
    flips++;
  }
  expect(flips).toBe(1);
}

describe("a disk that gives one bit back other than it was written", () => {
  let nats: NatsPair;
  const sides: Side[] = [];

  beforeEach(async () => {
    nats = await startNatsPair();
  });

  afterEach(async () => {
    await Promise.all(sides.splice(0).map((side) => side.stop()));
    await nats.stop();
  });

  const start = async (machine: Machine) => {
    const side = await Side.start(machine, nats);
    sides.push(side);
    return side;
  };
  const stop = async (side: Side) => {
    sides.splice(sides.indexOf(side), 1);
    await side.stop();
  };

  it("cuts off the end of the own stream under a living hub, is said so when NATS is back, and all 40 come back", async () => {
    const both = { mainpc: await start("mainpc"), pc2: await start("pc2") };
    await both.mainpc.push(40);
    await until("the copies", () => both.pc2.fold.groupCount === 40);
    await nats.mainpc.kill();
    flip(nats.mainpc, "observability-metrics", 20);
    await nats.mainpc.start();
    await until("the word for it", () => both.mainpc.said.join().includes("streams.end_lost"));
    await until("all 40 on both sides", async () => {
      await both.mainpc.exchange(both.pc2);
      await both.pc2.exchange(both.mainpc);
      const line = both.mainpc.line("mainpc");
      return line?.stored === 40 && line.copied === 40 && line.missing === 0;
    });
    await stop(both.mainpc);
    expect((await start("mainpc")).fold.groupCount).toBe(40);
  });

  it.each([
    [
      "own record 20 of 40, after a clean stop of NATS",
      "SIGTERM",
      "mainpc",
      "observability-metrics",
      20,
      "mainpc",
      "replay.unreadable",
    ],
    [
      "own record 20 of 40, after SIGKILL of NATS",
      "SIGKILL",
      "mainpc",
      "observability-metrics",
      20,
      "mainpc",
      "records.lost",
    ],
    [
      "own record 40 of 40, after a clean stop of NATS",
      "SIGTERM",
      "mainpc",
      "observability-metrics",
      40,
      "mainpc",
      "replay.unreadable",
    ],
    [
      "record 20 of the copy, after a clean stop of NATS",
      "SIGTERM",
      "pc2",
      "observability-metrics-from-mainpc",
      20,
      "pc2",
      "replay.unreadable",
    ],
    [
      "record 20 of the copy, after SIGKILL of NATS",
      "SIGKILL",
      "pc2",
      "observability-metrics-from-mainpc",
      20,
      "pc2",
      // NATS drops the end of the copy without a word; the copier reads on from where it ends now.
      "copier.copying",
    ],
  ] as const)(
    "in %s, is said so, and the record comes back from the other machine",
    async (_, signal, where, stream, i, saidBy, said) => {
      const both = { mainpc: await start("mainpc"), pc2: await start("pc2") };
      await both.mainpc.push(40);
      await until("the copies", () => both.pc2.fold.groupCount === 40);

      await stop(both[where]);
      await nats[where].kill(signal);
      flip(nats[where], stream, i);
      await nats[where].start();
      both[where] = await start(where);
      await until("all 40 on both sides", async () => {
        await both.mainpc.exchange(both.pc2);
        await both.pc2.exchange(both.mainpc);
        const lines = [both.mainpc.line("mainpc"), both.pc2.line("mainpc")];
        return lines.every((line) => line?.stored === 40 && line.copied === 40 && line.missing === 0);
      });
      expect([both.mainpc.fold.groupCount, both.pc2.fold.groupCount]).toEqual([40, 40]);
      expect(both[saidBy].said.join()).toContain(said);
      expect(both[where].records.damages).toBe(said === "replay.unreadable" ? 1 : 0);
      await stop(both[where]);
      both[where] = await start(where);
      expect(both[where].fold.groupCount).toBe(40);
    },
  );
});
