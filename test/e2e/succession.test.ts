import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HubConfigInput } from "../../hub/config.ts";
import { fleetOf, LocalPair, ledgerOf } from "../support/local-pair.ts";
import { SteadyPushes } from "../support/steady-pushes.ts";
import { until } from "../support/until.ts";

const portOffset = 8_100;

describe("a hub that is replaced while clients push", { timeout: 120_000 }, () => {
  let dir: string;
  let pair: LocalPair;
  const hubs: Successor[] = [];

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "tandem-succession-"));
    pair = await LocalPair.start(join(dir, "data"), portOffset, "--no-restart", "--agents", "none");
    await until("sync", async () => (await fleetOf(pair.mainpc)).sync.state === "in-sync");
  }, 120_000);

  afterAll(async () => {
    for (const hub of hubs) hub.process.kill("SIGKILL");
    await pair?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  /** Another hub of mainpc, from the command line of the first one and a configuration of its own. */
  function successor(name: string, change: Partial<HubConfigInput>): Successor {
    const [program = "", ...args] = readFileSync(`/proc/${pair.mainpc.pids.hub}/cmdline`, "utf8").split("\0").slice(0, -1);
    const at = args.indexOf("--config") + 1;
    const config = JSON.parse(readFileSync(args[at] ?? "", "utf8")) as HubConfigInput; // made by the local run
    const healthSocket = join(dir, `${name}.sock`);
    args[at] = join(dir, `${name}.json`);
    writeFileSync(args[at], JSON.stringify({ ...config, healthSocket, ...change }));
    const hub = new Successor(spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] }), healthSocket);
    hubs.push(hub);
    return hub;
  }

  const steady = async (during: () => Promise<void>) => {
    const { hub } = pair.mainpc;
    const clients = [true, false].map(
      (keepAlive) => new SteadyPushes({ hub, client: `steady_${keepAlive}_${Date.now()}`, everyMs: 10, keepAlive }),
    );
    await setTimeout(300);
    await during();
    await Promise.all(clients.map((client) => client.stop()));
    return clients;
  };

  it("answers every push, kept connections and new ones alike, and the first process ends when it is told to", async () => {
    const first = pair.mainpc.pids.hub;
    const clients = await steady(async () => {
      const second = successor("second", { maxQueuedPushes: 9_999 });
      await second.healthy();
      await setTimeout(1_000);
      process.kill(first, "SIGTERM");
      await until("its end", () => !isAlive(first));
    });
    for (const { failures, sent, acknowledged, longestMs } of clients) {
      console.info(`${sent} pushes, the longest ${longestMs.toFixed(0)} ms`);
      expect(failures).toEqual([]);
      expect(acknowledged).toBe(sent);
    }
    await until("all twice", async () => (await ledgerOf(pair.pc2)).copies === 2);
    const ledger = await ledgerOf(pair.mainpc);
    expect(ledger).toMatchObject({ missing: 0, duplicates: 0 });
    for (const counted of ledger.clients) expect(counted).toMatchObject({ missing: 0, duplicates: 0 });
  });
});

class Successor {
  readonly process: ChildProcess;
  readonly #socket: string;
  log = "";

  constructor(child: ChildProcess, socket: string) {
    this.process = child;
    this.#socket = socket;
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.log += text));
  }

  async healthy(): Promise<void> {
    await until("its health", async () => {
      if (this.process.exitCode !== null) throw new Error(this.log);
      return (await this.#ask()) === 200;
    });
  }

  async #ask(): Promise<number | undefined> {
    const asked = request({ socketPath: this.#socket, path: "/livez" }).end();
    return await once(asked, "response").then(
      ([answer]) => answer.resume().statusCode,
      () => undefined,
    );
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
