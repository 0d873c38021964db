/** Two real servers from two rendered files: what the pair relies on is asked of them, not read out of the text. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type NatsConnection } from "nats";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type LeafArgs, renderNatsConf } from "../../components/nats-conf.ts";
import { ensureTool } from "../../ops/tools/ensure-tool.ts";
import { freePorts } from "../support/free-ports.ts";

interface Node {
  machine: string;
  clientPort: number;
  monitoringPort: number;
  process: ChildProcess;
  nc: NatsConnection;
}

const names = ["mainpc", "pc2"] as const;
const nodes = new Map<string, Node>();
const stopped: Promise<unknown>[] = [];
let folder: string;

beforeAll(async () => {
  const natsServer = await ensureTool("nats-server", () => {});
  folder = mkdtempSync(join(tmpdir(), "tandem-domain-pair-"));
  const [leafPort = 0, ...ports] = await freePorts(5);
  const leaf: Record<(typeof names)[number], LeafArgs> = {
    mainpc: { kind: "listen", host: "127.0.0.1", port: leafPort },
    pc2: { kind: "dial", url: `nats-leaf://127.0.0.1:${leafPort}` },
  };
  for (const machine of names) {
    const [clientPort = 0, monitoringPort = 0] = ports.splice(0, 2);
    const file = join(folder, `${machine}.conf`);
    const storeDir = join(folder, machine);
    const common = { machine, host: "127.0.0.1", clientPort, monitoringPort, storeDir, maxStoreBytes: 64 * 1024 ** 2 };
    writeFileSync(file, renderNatsConf({ ...common, leaf: leaf[machine] }));
    const process = spawn(natsServer, ["-c", file], { stdio: "ignore" });
    stopped.push(once(process, "exit"));
    const nc = await connect({ servers: `127.0.0.1:${clientPort}`, waitOnFirstConnect: true, reconnectTimeWait: 50 });
    nodes.set(machine, { machine, clientPort, monitoringPort, process, nc });
  }
  await vi.waitFor(async () => expect(await leafs("mainpc")).toHaveLength(1), 10_000);
});

afterAll(async () => {
  for (const { nc, process } of nodes.values()) {
    await nc.close();
    process.kill("SIGTERM");
  }
  await Promise.all(stopped);
  rmSync(folder, { recursive: true });
});

describe("two domains from two rendered files", () => {
  it("are joined by one leaf connection without compression", async () => {
    expect(await leafs("mainpc")).toMatchObject([{ name: "pc2", account: "$G", compression: "off" }]);
    expect(await leafs("pc2")).toMatchObject([{ name: "mainpc", is_spoke: true }]);
  });

  it.each(names)("%s syncs each message before it answers, and is its own domain", async (machine) => {
    const { config } = await ask<{ config: object }>(machine, "jsz");
    expect(config).toMatchObject({ sync_always: true, domain: machine, max_memory: 1024 ** 3 });
  });

  it.each([
    ["mainpc", "pc2"],
    ["pc2", "mainpc"],
  ])("a stream of %s is seen from %s through its domain, and not without", async (home, away) => {
    const own = await node(home).nc.jetstreamManager({ checkAPI: false });
    await own.streams.add({ name: `of-${home}`, subjects: [`of.${home}`] });
    await node(home).nc.jetstream().publish(`of.${home}`, "one");

    const through = await node(away).nc.jetstreamManager({ domain: home, checkAPI: false });
    expect((await through.streams.info(`of-${home}`)).state.messages).toBe(1);
    const without = await node(away).nc.jetstreamManager({ checkAPI: false });
    await expect(without.streams.info(`of-${home}`)).rejects.toThrow("stream not found");
  });

  it("a push published on pc2 to a subject of mainpc's stream is stored once, by mainpc", async () => {
    const own = await node("mainpc").nc.jetstreamManager({ checkAPI: false });
    await own.streams.add({ name: "crossing", subjects: ["crossing.>"] });
    // Until the leaf has carried the stream's interest over, nobody is there to answer, and nothing is stored.
    const ack = await vi.waitFor(() => node("pc2").nc.jetstream().publish("crossing.a", "one"));
    expect(ack).toMatchObject({ stream: "crossing", domain: "mainpc", duplicate: false });
    expect((await own.streams.info("crossing")).state.messages).toBe(1);
  });

  it("a message of 8 MiB may be sent, one of 9 MiB may not", async () => {
    const { nc } = node("pc2");
    expect(nc.info?.max_payload).toBe(8 * 1024 ** 2);
    nc.publish("large", new Uint8Array(8 * 1024 ** 2));
    await nc.flush();
    expect(() => nc.publish("large", new Uint8Array(9 * 1024 ** 2))).toThrow("MAX_PAYLOAD_EXCEEDED");
  });
});

function node(machine: string): Node {
  const found = nodes.get(machine);
  if (found === undefined) throw new Error(`no node ${machine}`);
  return found;
}

async function ask<T>(machine: string, page: string): Promise<T> {
  const answer = await fetch(`http://127.0.0.1:${node(machine).monitoringPort}/${page}`);
  return (await answer.json()) as T; // the server's own shape, checked by each test
}

async function leafs(machine: string): Promise<object[]> {
  return (await ask<{ leafs?: object[] }>(machine, "leafz")).leafs ?? [];
}
