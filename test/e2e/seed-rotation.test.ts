/** Two whole hubs under keys and TLS: they copy and hear each other, and a renewed key reaches both sides in either order. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderHubConfig } from "../../components/hub-config.ts";
import type { MachineConfig } from "../../hub/config.ts";
import { FleetView } from "../../hub/http/api.ts";
import { heartbeatPath } from "../../hub/io/heartbeat-sender.ts";
import { build } from "../../ops/build.ts";
import { fault } from "../support/fault.ts";
import { freePorts } from "../support/free-ports.ts";
import { Key, type SecuredNatsPair, type SecuredServer, startSecuredNatsPair } from "../support/secured-nats-pair.ts";
import { until } from "../support/until.ts";

interface RunningHub {
  url: string;
  seedFile: string;
  process: ChildProcess;
  log: string;
}

const hubs = new Map<string, RunningHub>();
let pair: SecuredNatsPair;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tandem-rotation-"));
  const [bundles, ports] = await Promise.all([build({ outDir: folder }), freePorts(6)]);
  pair = await startSecuredNatsPair();
  const at = (port = 0) => ({ host: "127.0.0.1", port });
  const machine = (name: "mainpc" | "pc2", hub?: number, pushgateway?: number, beats?: number): MachineConfig => ({
    name,
    hubName: name,
    hub: at(hub),
    nats: at(pair[name].port),
    monitoring: at(Number(new URL(pair[name].monitoring).port)),
    pushgateway: at(pushgateway),
    beats: at(beats),
  });
  const machines = [
    machine("mainpc", ports[0], ports[1], ports[4]),
    machine("pc2", ports[2], ports[3], ports[5]),
  ] as const;
  for (const [self, peer] of [machines, [...machines].reverse()] as [MachineConfig, MachineConfig][]) {
    const seedFile = join(folder, `${self.name}.seed`);
    replaceSeed(seedFile, server(self.name).keys.hub);
    const path = join(folder, `${self.name}.json`);
    const config = { v: 1 as const, machine: self, peer, agents: [], nats: { nkeySeedFile: seedFile } };
    writeFileSync(path, renderHubConfig(config));
    const child = spawn(process.execPath, [bundles.hub.path, "--config", path], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const hub: RunningHub = { url: `http://127.0.0.1:${self.hub.port}`, seedFile, process: child, log: "" };
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      hub.log += text;
    });
    hubs.set(self.name, hub);
  }
  for (const name of ["mainpc", "pc2"]) {
    await until(`${name} in sync`, async () => (await push(name, "first")) === "200 peer", 30_000);
  }
}, 60_000);

afterAll(async () => {
  for (const { process: child } of hubs.values()) {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGTERM");
    await gone;
  }
  await pair.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe("two hubs whose NATS asks for keys", () => {
  it("a push to either is copied to the other, and heartbeats come by NATS", async () => {
    expect(await push("mainpc", "there")).toBe("200 peer");
    expect(await push("pc2", "back")).toBe("200 peer");
    const metrics = await (await fetch(`${hub("pc2").url}/metrics`)).text();
    expect(metrics).toContain('job="there"');
  });

  it("what they tell each other by HTTP bears the other's seal, and none of it is refused", async () => {
    for (const name of ["mainpc", "pc2"])
      await until(`HTTP at ${name}`, async () => (await toldByHttpAgoMs(name)) < 2_000);
    expect([await unsealed("mainpc"), await unsealed("pc2")]).toEqual([0, 0]);
  });

  it("no key that the hub uses is refused a subject by either server", () => {
    for (const name of ["mainpc", "pc2"]) expect(server(name).log(), name).not.toMatch(/violation/i);
  });

  it("hung up on with the same seed it goes on and refuses no push of 20", async () => {
    const renewed = connects("mainpc");
    hub("mainpc").process.kill("SIGHUP");
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => push("mainpc", `same-${index}`)));
    expect(answers.map((answer) => answer.slice(0, 3))).toEqual(Array(20).fill("200"));
    await until("the new connection", () => connects("mainpc") > renewed);
  });

  it("the seed first: the hub stays connected by the old key until NATS knows the new one, and refuses no push", async () => {
    const key = new Key();
    replaceSeed(hub("mainpc").seedFile, key);
    hub("mainpc").process.kill("SIGHUP");
    await until("the trial", () => said("mainpc", "nats.seed_refused") > 0);
    const before = connects("mainpc");
    pair.mainpc.authorize({ hub: key.publicKey });
    const answers = Array.from({ length: 20 }, (_, index) => push("mainpc", `between-${index}`));
    await pair.mainpc.reload();
    answers.push(push("mainpc", "cut"));
    expect((await Promise.all(answers)).map((answer) => answer.slice(0, 3))).toEqual(Array(21).fill("200"));
    await until("the new key's connection", () => connects("mainpc") > before);
    await until("a push", async () => (await push("mainpc", "after")) === "200 peer");
    expect(connects("mainpc")).toBe(before + 1);
  });

  it("with the seed the key of beats is renewed: the peer learns it by NATS, and takes nobody for dead", async () => {
    const learned = () => hub("pc2").log.split('"beats.key_learned"').length;
    const dead = () => [...hubs.values()].flatMap(({ log }) => log.match(/"machine.judged".*"hub":"dead"/g) ?? []);
    const before = { learned: learned(), dead: dead() };
    hub("mainpc").process.kill("SIGHUP");
    await until("the peer learns it", () => learned() > before.learned);
    const renewed = () => hub("mainpc").log.split('"beats.key_renewed"').length;
    await until("this hub learns that", () => renewed() > 1);
    // Several times as long as a hub that says nothing is alive for.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(dead()).toEqual(before.dead);
    await until("a report by HTTP under the new key", async () => (await toldByHttpAgoMs("pc2")) < 1_000);
    expect([await unsealed("mainpc"), await unsealed("pc2")]).toEqual([0, 0]);
  });

  it("NATS first: the hub is cut, reads its seed at each try, and needs no signal", async ({ task }) => {
    const key = new Key();
    pair.pc2.authorize({ hub: key.publicKey });
    await pair.pc2.reload();
    await until("the cut", () => said("pc2", "nats.disconnected") > 0);
    expect(await push("pc2", "cut")).toMatch(/^503/);
    const refusals = refused("pc2");
    await until("3 refusals", () => refused("pc2") > refusals + 3);
    const before = connects("pc2");
    replaceSeed(hub("pc2").seedFile, key);
    await until("a push", async () => (await push("pc2", "again")) === "200 peer");
    expect(connects("pc2")).toBe(before + 1);
    fault(task, "key-changed-first", { connectedAnew: connects("pc2") - before });
  });

  it("a seed file that is gone or holds something else ends nothing, and is not repeated in the log", async () => {
    const { seedFile } = hub("pc2");
    writeFileSync(seedFile, "SUNOTASEEDBUTASECRET");
    const before = connects("pc2");
    hub("pc2").process.kill("SIGHUP");
    await until("the complaint", () => said("pc2", "nats.seed_unreadable") > 0);
    await until("the last good seed's connection", () => connects("pc2") > before);
    expect(await push("pc2", "still")).toMatch(/^200/);
    for (const { log } of hubs.values()) expect(log).not.toMatch(/SU[A-Z2-7]{10}/);
  });

  it("a seed that NATS never gets is tried ever more rarely, and the end of that NATS counts after 1 s", async () => {
    const key = new Key();
    const [complaints, refusals] = [said("mainpc", "nats.seed_refused"), refused("mainpc")];
    replaceSeed(hub("mainpc").seedFile, key);
    hub("mainpc").process.kill("SIGHUP");
    await until("the trial", () => said("mainpc", "nats.seed_refused") > complaints);
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    // Of two connections, five each.
    expect(refused("mainpc") - refusals).toBeLessThan(16);
    const cuts = said("mainpc", "nats.disconnected");
    await pair.mainpc.kill();
    await until("the cut", () => said("mainpc", "nats.disconnected") > cuts);
    // As long as one between two seeds may take.
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    const startedMs = performance.now();
    expect(await push("mainpc", "cut")).toMatch(/^503/);
    // Without a spool what waits for NATS is given up after 5 s.
    expect(performance.now() - startedMs).toBeLessThan(1_000);
    pair.mainpc.authorize({ hub: key.publicKey });
    await pair.mainpc.start();
    await until("a push", async () => (await push("mainpc", "again")) === "200 peer");
  });

  it("asks for the peer's seal: a report without one, at the peer's own address, is counted and not taken", async () => {
    const pc2 = hub("pc2");
    const plain = await plainReport(pc2.url);
    expect(JSON.parse(plain)).toMatchObject({ machine: "pc2" });
    const ended = once(pc2.process, "exit");
    pc2.process.kill("SIGKILL");
    await ended;
    const nonces: unknown[] = [];
    const stranger = createServer((request, response) => {
      if (request.url !== heartbeatPath) return void response.writeHead(404).end();
      nonces.push(request.headers["tandem-nonce"]);
      response.writeHead(200).write(plain);
    });
    await new Promise<void>((resolve) => stranger.listen(Number(new URL(pc2.url).port), "127.0.0.1", resolve));
    try {
      await until("2 refusals", async () => (await unsealed("mainpc")) >= 2);
      for (const nonce of nonces) expect(nonce).toMatch(/^[0-9a-f]{32}$/);
      // It says so again each second.
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(await toldByHttpAgoMs("mainpc")).toBeGreaterThan(2_000);
    } finally {
      stranger.closeAllConnections();
      stranger.close();
    }
  });
});

/** A true report as anybody gets it who asks for no seal, with its line end. */
async function plainReport(url: string): Promise<string> {
  const asked = new AbortController();
  const { body } = await fetch(`${url}${heartbeatPath}`, { signal: asked.signal });
  let text = "";
  for await (const part of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part;
    if (text.includes("\n")) break;
  }
  asked.abort();
  return text.slice(0, text.indexOf("\n") + 1);
}

/** Connections that a server has turned away. */
function refused(name: string): number {
  return server(name).log().split("authentication error").length;
}

function replaceSeed(path: string, key: Key): void {
  writeFileSync(`${path}.new`, `${key.seed}\n`, { mode: 0o400 });
  renameSync(`${path}.new`, path);
}

function server(name: string): SecuredServer {
  return name === "mainpc" ? pair.mainpc : pair.pc2;
}

function hub(name: string): RunningHub {
  const found = hubs.get(name);
  if (found === undefined) throw new Error(`no hub ${name}`);
  return found;
}

/** How often the hub's main thread was connected anew. */
function connects(name: string): number {
  return said(name, "nats.connected");
}

/** How often the hub's main thread logged this; its judge has a connection of its own. */
function said(name: string, event: string): number {
  const lines = hub(name).log.split("\n");
  return lines.filter((line) => line.includes(`"${event}"`) && !line.includes('"thread":"judge"')).length;
}

/** Age of the last report of the other hub that this one took by HTTP, ms. */
async function toldByHttpAgoMs(name: string): Promise<number> {
  const { machines } = FleetView.parse(await (await fetch(`${hub(name).url}/api/v1/fleet`)).json());
  return machines[name === "mainpc" ? "pc2" : "mainpc"]?.paths.http ?? Number.POSITIVE_INFINITY;
}

async function unsealed(name: string): Promise<number> {
  const text = await (await fetch(`${hub(name).url}/metrics`)).text();
  return Number(/^tandem_peer_refused_total\{what="report"\} (\d+)$/m.exec(text)?.[1]);
}

/** Status of a push, and where it is stored. */
async function push(name: string, job: string): Promise<string> {
  try {
    const answer = await fetch(`${hub(name).url}/metrics/job/${job}`, { method: "PUT", body: "a 1\n" });
    return `${answer.status} ${answer.headers.get("tandem-replication")}`;
  } catch (error) {
    return String(error);
  }
}
