/** Two real nats-servers, a domain each, their leaf led through a link that can be cut. Everything lies in one temporary folder. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NatsConnection } from "nats";
import { renderNatsConf } from "../../../components/nats-conf.ts";
import { ensureStreams } from "../../../hub/io/streams.ts";
import { freePorts } from "../../support/free-ports.ts";
import { NatsServer } from "../../support/nats-pair.ts";
import { until } from "../../support/until.ts";
import { CuttableLink } from "./cuttable-link.ts";

const living = new Set<World>();

export class World {
  readonly mainpc: NatsServer;
  readonly pc2: NatsServer;
  readonly link: CuttableLink;
  readonly #folder: string;
  #connections: [NatsConnection, NatsConnection] | undefined;

  private constructor(folder: string, mainpc: NatsServer, pc2: NatsServer, link: CuttableLink) {
    this.#folder = folder;
    this.mainpc = mainpc;
    this.pc2 = pc2;
    this.link = link;
  }

  static async start(program: string): Promise<World> {
    const folder = mkdtempSync(join(tmpdir(), "tandem-bench-"));
    const [leaf = 0, dialled = 0, ...ports] = await freePorts(6);
    const server = (machine: string, clientPort = 0, monitoringPort = 0) => {
      const own = mkdtempSync(join(folder, `${machine}-`));
      const end =
        machine === "mainpc"
          ? ({ kind: "listen", host: "127.0.0.1", port: leaf } as const)
          : ({ kind: "dial", url: `nats-leaf://127.0.0.1:${dialled}` } as const);
      const storeDir = join(own, "store");
      // A listener tells its address to those who dial it, and they take that one when theirs fails: it has to be the link's.
      const conf = renderNatsConf({
        machine,
        host: "127.0.0.1",
        clientPort,
        monitoringPort,
        storeDir,
        leaf: end,
      }).replace("no_advertise: true", `advertise: "127.0.0.1:${dialled}"`);
      return new NatsServer(program, own, conf, clientPort);
    };
    const world = new World(
      folder,
      server("mainpc", ports[0], ports[1]),
      server("pc2", ports[2], ports[3]),
      new CuttableLink(dialled, leaf),
    );
    living.add(world);
    await world.#begin();
    return world;
  }

  get onMainpc(): NatsConnection {
    return this.#connected[0];
  }

  get onPc2(): NatsConnection {
    return this.#connected[1];
  }

  get #connected(): [NatsConnection, NatsConnection] {
    if (this.#connections === undefined) throw new Error("the servers are not started");
    return this.#connections;
  }

  async stop(): Promise<void> {
    living.delete(this);
    await Promise.all((this.#connections ?? []).map((nc) => nc.close()));
    this.link.cut();
    await Promise.all([this.mainpc.kill(), this.pc2.kill()]);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #begin(): Promise<void> {
    await Promise.all([this.mainpc.start(), this.pc2.start(), this.link.open()]);
    this.#connections = [await this.mainpc.connect(), await this.pc2.connect()];
    await this.ready();
    await this.makeStreams();
    await until("the leaf", () => this.onPc2.jetstreamManager({ domain: "mainpc" }).catch(() => undefined));
  }

  /** Until both connections are back and both machines' JetStream answers. */
  async ready(): Promise<void> {
    for (const nc of this.#connected) {
      // A question that was asked while the connection was down is never answered, so short ones are asked again.
      await until("JetStream", async () => {
        const jsm = await nc.jetstreamManager({ checkAPI: false, timeout: 50 });
        return await jsm.getAccountInfo().catch(() => undefined);
      });
    }
  }

  /** On both machines, as the hubs make them. */
  async makeStreams(): Promise<void> {
    await ensureStreams(await this.onMainpc.jetstreamManager(), "mainpc", "pc2");
    await ensureStreams(await this.onPc2.jetstreamManager(), "pc2", "mainpc");
  }
}

/** For an end by Ctrl-C: nothing stays behind. */
export async function stopAllWorlds(): Promise<void> {
  await Promise.all([...living].map((world) => world.stop()));
}
