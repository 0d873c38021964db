/** The measurements, one after the other: whatever is measured has the computer to itself, its client aside. */
import { execFileSync, spawn } from "node:child_process";
import { closeSync, copyFileSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Figures, Point } from "./figures.ts";
import { type Address, load } from "./load.ts";
import type { Shape } from "./message.ts";
import { residentBytes, type ServerName, type Servers, serverNames } from "./servers.ts";
import type { Sizes } from "./sizes.ts";

type Say = (line: string) => void;

/** Every group once, so that the load meets the state that it is to be measured at. */
async function fillGroups(at: Address, shape: Shape): Promise<void> {
  const until = { requests: shape.groups };
  const { failed } = await load({ ...at, connections: Math.min(16, shape.groups), send: shape, warmMs: 0, until });
  if (failed > 0) throw new Error(`${failed} of ${shape.groups} groups were refused at port ${at.port}`);
}

export async function points(servers: Servers, sizes: Sizes, say: Say): Promise<Point[]> {
  const found: Point[] = [];
  for (const shape of [
    { groups: 1, series: 5 },
    { groups: 200, series: 5 },
    { groups: 1, series: 100 },
    { groups: 200, series: 100 },
  ]) {
    for (const name of serverNames) await fillGroups(servers[name].at, shape);
    for (const connections of sizes.connections) {
      found.push(await point(servers, shape, connections, () => sizes.pointMs, sizes, say));
    }
    for (const name of serverNames) await servers[name].wipe(shape.groups);
  }
  return found;
}

async function point(
  servers: Servers,
  shape: Shape,
  connections: number,
  lastsMs: (name: ServerName) => number,
  { warmMs }: Sizes,
  say: Say,
): Promise<Point> {
  const measure = (name: ServerName) =>
    load({ ...servers[name].at, connections, send: shape, warmMs, until: { ms: lastsMs(name) } });
  const of = {
    pushgateway: await measure("pushgateway"),
    unchecked: await measure("unchecked"),
    hub: await measure("hub"),
  };
  const rates = serverNames.map((name) => `${name} ${of[name].perSecond.toFixed(of[name].perSecond < 10 ? 1 : 0)}/s`);
  say(`${shape.groups} groups × ${shape.series} series, ${connections} connections: ${rates.join(", ")}`);
  return { ...shape, connections, of };
}

export async function manyGroups(servers: Servers, dir: string, sizes: Sizes, say: Say): Promise<Figures["many"]> {
  const shape = { groups: sizes.manyGroups, series: 5 };
  await fillGroups(servers.unchecked.at, shape);
  await fillGroups(servers.hub.at, shape);
  await pause(sizes.pointMs);
  const resident = { unchecked: residentBytes(servers.unchecked.pid()), hub: residentBytes(servers.hub.pid()) };
  // With its check on, filling it would take an hour: it starts with what the other one has stored.
  await Promise.all([servers.unchecked.end(), servers.pushgateway.end()]);
  copyFileSync(join(dir, "unchecked.db"), join(dir, "pushgateway.db"));
  await Promise.all([servers.unchecked.start(), servers.pushgateway.start()]);
  const lastsMs = (name: ServerName) => (name === "pushgateway" ? sizes.manyGroupsMs : sizes.pointMs);
  const connections = 16;
  const found = await point(servers, shape, connections, lastsMs, sizes, say);
  const residentAfter = Object.fromEntries(serverNames.map((name) => [name, residentBytes(servers[name].pid())]));
  const gets = {
    pushgateway: await reads(servers.pushgateway.at, sizes.gets),
    unchecked: await reads(servers.unchecked.at, sizes.gets),
    hub: await reads(servers.hub.at, sizes.gets),
  };
  const stallMs = await stalls(servers.hub.at, sizes);
  const restartMs = await restart(servers);
  const snapshot = await snapshotStall(servers, sizes);
  return {
    groups: shape.groups,
    point: found,
    getMs: mapped(gets, ({ ms }) => ms),
    getBytes: mapped(gets, ({ bytes }) => bytes),
    // The checked one has not received its groups by pushes, so that its memory says nothing of them.
    residentBytes: { ...resident, pushgateway: residentAfter.pushgateway },
    stallMs: { ...stallMs, snapshot },
    restartMs,
  };
}

/** @returns time from the start to the first answer that it is ready, ms */
async function restart(servers: Servers): Promise<number> {
  const { pair } = servers.hub;
  const { hub } = pair.machines.mainpc.parts;
  await hub.kill();
  // From here on a snapshot is due whenever something has come.
  pair.configureHubs({ snapshots: { everyMs: 100, everyRecords: 1 } });
  const startMs = performance.now();
  hub.start();
  const readyAt = `${pair.machines.mainpc.hubUrl}/readyz`;
  for (;;) {
    const answer = await fetch(readyAt).catch(() => undefined);
    if (answer?.ok) return performance.now() - startMs;
    await pause(5);
  }
}

/** A hub looks once a second whether a snapshot is due, ms. */
const snapshotsMs = 3_500;

/** How long /livez waits beside a hub that writes one snapshot after the other. */
async function snapshotStall({ hub }: Servers, sizes: Sizes): Promise<number> {
  const { at } = hub;
  await hub.pair.inSync();
  const written = async () => Number(/^tandem_snapshots_total (\d+)$/m.exec(await textOf(at))?.[1]);
  const before = await written();
  const longest = await beside(at, async () => {
    const send = { groups: 1, series: 5 };
    await load({
      ...at,
      connections: 1,
      send,
      warmMs: 0,
      until: { ms: Math.max(snapshotsMs, 2 * sizes.pointMs) },
      perSecond: 5,
    });
  });
  if ((await written()) === before) throw new Error("the hub wrote no snapshot while it was watched");
  return longest;
}

const textOf = async ({ host, port }: Address) => await (await fetch(`http://${host}:${port}/metrics`)).text();

/** A load that is ended by a signal, should that not come, ms. */
const longestMs = 600_000;

/** How long /livez waits beside a reader of all metrics. */
async function stalls(at: Address, sizes: Sizes): Promise<{ idle: number; rendering: number }> {
  const idle = await beside(at, () => pause(sizes.pointMs));
  return { idle, rendering: await beside(at, () => reads(at, sizes.gets)) };
}

/** @returns the longest wait of /livez while something is done: as long as the event loop stood still, ms */
async function beside(at: Address, work: () => Promise<unknown>): Promise<number> {
  const done = new AbortController();
  const { promise: answering, resolve: onFirstAnswer } = Promise.withResolvers<void>();
  const options = { ...at, connections: 1, send: { get: "/livez" }, warmMs: 0, until: { ms: longestMs } };
  const asked = load(options, { signal: done.signal, onFirstAnswer });
  await answering;
  await work();
  done.abort();
  return (await asked).maxMs;
}

export async function copyLag(servers: Servers, sizes: Sizes): Promise<Figures["copy"]> {
  const shape = { groups: 200, series: 5 };
  const { answered, peer, p50Ms, p99Ms } = await load({
    ...servers.hub.at,
    connections: 64,
    send: shape,
    warmMs: sizes.warmMs,
    until: { ms: sizes.lagMs },
    perSecond: sizes.lagPerSecond,
  });
  return { perSecond: sizes.lagPerSecond, peerShare: peer / answered, p50Ms, p99Ms };
}

export async function floor(dir: string, sizes: Sizes): Promise<Figures["floor"]> {
  const server = spawn(process.execPath, [join(import.meta.dirname, "bare-server.ts")], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    const port = await new Promise<number>((resolve, reject) => {
      server.stdout.once("data", (line: Buffer) => resolve(Number(line)));
      server.once("exit", (code) => reject(new Error(`the bare server ended with code ${code}`)));
    });
    const send = { groups: 1, series: 5 };
    const bare = await load({
      host: "127.0.0.1",
      port,
      connections: 1,
      send,
      warmMs: sizes.warmMs,
      until: { ms: sizes.pointMs },
    });
    return { syncMs: syncedWrite(join(dir, "sync"), sizes.syncs), bareMs: bare.p50Ms };
  } finally {
    server.kill();
  }
}

/** Median of a record's write and fdatasync, ms. */
function syncedWrite(path: string, count: number): number {
  const file = openSync(path, "w");
  const record = Buffer.alloc(512, 1);
  const tookMs = Array.from({ length: count }, () => {
    const startMs = performance.now();
    writeSync(file, record);
    fdatasyncSync(file);
    return performance.now() - startMs;
  });
  closeSync(file);
  rmSync(path);
  return median(tookMs);
}

async function reads(at: Address, count: number): Promise<{ ms: number; bytes: number }> {
  const tookMs: number[] = [];
  let bytes = 0;
  for (let i = 0; i < count; i++) {
    const startMs = performance.now();
    bytes = await readAll(at);
    tookMs.push(performance.now() - startMs);
  }
  return { ms: median(tookMs), bytes };
}

function readAll(at: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    get({ ...at, path: "/metrics", agent: false }, (response) => {
      let bytes = 0;
      response.on("data", (chunk: Buffer) => (bytes += chunk.length));
      response.on("end", () => resolve(bytes));
      response.on("error", reject);
    }).on("error", reject);
  });
}

export const kernel = () => execFileSync("uname", ["-sr"], { encoding: "utf8" }).trim();

function mapped<V, W>(from: Record<ServerName, V>, by: (value: V) => W): Record<ServerName, W> {
  return { pushgateway: by(from.pushgateway), unchecked: by(from.unchecked), hub: by(from.hub) };
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
