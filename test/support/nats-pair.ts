/** Two real nats-servers with a domain each and a leaf between them, from the same renderer as everywhere else. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConnectionOptions, NatsConnection } from "nats";
import { renderNatsConf } from "../../components/nats-conf.ts";
import { connectNats } from "../../hub/io/nats-connect.ts";
import { askPort } from "../../hub/io/port-watch.ts";
import { ensureTool } from "../../ops/tools/ensure-tool.ts";
import { CuttableLink } from "../bench/copy/cuttable-link.ts";
import { freePorts } from "./free-ports.ts";
import { until } from "./until.ts";

export class NatsServer {
  readonly port: number;
  readonly #program: string;
  readonly #folder: string;
  readonly #conf: string;
  #process: ChildProcess | undefined;

  constructor(program: string, folder: string, conf: string, port: number) {
    this.#program = program;
    this.#folder = folder;
    this.#conf = join(folder, "nats.conf");
    this.port = port;
    writeFileSync(this.#conf, conf);
  }

  get storeFolder(): string {
    return join(this.#folder, "store");
  }

  async start(): Promise<void> {
    this.#process = spawn(this.#program, ["-c", this.#conf], { stdio: "ignore" });
    await until(`NATS on ${this.port}`, async () => {
      return (await askPort({ host: "127.0.0.1", port: this.port, kind: "nats" }, 1_000)) === "heard";
    });
  }

  /** @param name what it is ended with; SIGTERM lets it write down where its messages lie */
  async kill(name: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (running === undefined || running.exitCode !== null) return;
    const gone = new Promise((resolve) => running.once("exit", resolve));
    running.kill(name);
    await gone;
  }

  /** As an operator does when a file that it reads has changed. */
  hangUp(): void {
    this.#process?.kill("SIGHUP");
  }

  /** It stands still, as a process of a machine that swaps. */
  freeze(): void {
    this.#process?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#process?.kill("SIGCONT");
  }

  /** As if the disk were new: the server is killed first. */
  async loseDisk(): Promise<void> {
    await this.kill();
    rmSync(this.storeFolder, { recursive: true, force: true });
  }

  connect(options: ConnectionOptions = {}): Promise<NatsConnection> {
    return connectNats({ port: this.port, maxReconnectAttempts: -1, reconnectTimeWait: 50, ...options });
  }
}

export interface NatsPair {
  mainpc: NatsServer;
  pc2: NatsServer;
  /** What the leaf passes through. */
  leaf: CuttableLink;
  stop(): Promise<void>;
}

export async function startNatsPair(): Promise<NatsPair> {
  const program = await ensureTool("nats-server", () => {});
  const folder = mkdtempSync(join(tmpdir(), "tandem-nats-"));
  const [listening = 0, dialled = 0, ...ports] = await freePorts(6);
  const leaf = new CuttableLink(dialled, listening);
  await leaf.open();
  const server = (machine: "mainpc" | "pc2", clientPort: number, monitoringPort: number) => {
    const own = mkdtempSync(join(folder, `${machine}-`));
    const conf = renderNatsConf({
      machine,
      host: "127.0.0.1",
      clientPort,
      monitoringPort,
      storeDir: join(own, "store"),
      leaf:
        machine === "mainpc"
          ? { kind: "listen", host: "127.0.0.1", port: listening }
          : { kind: "dial", url: `nats-leaf://127.0.0.1:${dialled}` },
    });
    // Who listens tells its own address all the same (measured with 2.12), and whoever lost the link would dial past it.
    const advertised = conf.replace("no_advertise: true", `advertise: "127.0.0.1:${dialled}"`);
    return new NatsServer(program, own, advertised, clientPort);
  };
  const mainpc = server("mainpc", ports[0] ?? 0, ports[1] ?? 0);
  const pc2 = server("pc2", ports[2] ?? 0, ports[3] ?? 0);
  await Promise.all([mainpc.start(), pc2.start()]);
  return {
    mainpc,
    pc2,
    leaf,
    stop: async () => {
      await Promise.all([mainpc.kill(), pc2.kill()]);
      leaf.cut();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
