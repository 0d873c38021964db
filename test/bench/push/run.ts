/** Runs all measurements, each with the computer to itself. */
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { ensureTool } from "../../../ops/tools/ensure-tool.ts";
import { askVersion, formatVersion } from "../../../ops/tools/version.ts";
import type { Environment, Figures } from "./figures.ts";
import { idleCpu } from "./idle.ts";
import { type Servers, startServers } from "./servers.ts";
import type { Sizes } from "./sizes.ts";
import { copyLag, floor, kernel, manyGroups, points } from "./trials.ts";

export async function bench(sizes: Sizes, quick: boolean, say: (line: string) => void): Promise<Figures> {
  const environment = await look(say);
  const dir = mkdtempSync(join(tmpdir(), "tandem-bench-"));
  try {
    say("the least that a push has to cost");
    const least = await floor(dir, sizes);
    const some = await withServers(join(dir, "some"), async (servers) => {
      const found = await points(servers, sizes, say);
      say(`copies at ${sizes.lagPerSecond} records/s`);
      return { points: found, copy: await copyLag(servers, sizes) };
    });
    say(`${sizes.manyGroups} groups, in fresh processes`);
    const folder = join(dir, "many");
    const many = await withServers(folder, (servers) => manyGroups(servers, folder, sizes, say));
    say("the idle pair with the whole fleet");
    const idle = await idleCpu(sizes.idleMs);
    return { environment, quick, ...some, many, floor: least, idleCpu: idle };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function withServers<T>(dir: string, work: (servers: Servers) => Promise<T>): Promise<T> {
  const servers = await startServers(dir);
  try {
    return await work(servers);
  } finally {
    await servers.stop();
  }
}

async function look(say: (line: string) => void): Promise<Environment> {
  const version = async (tool: "nats-server" | "pushgateway") =>
    formatVersion(await askVersion(await ensureTool(tool, say)));
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpus()[0]?.model ?? "",
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    kernel: kernel(),
    loadBefore: loadavg()[0] ?? 0,
    node: process.versions.node,
    natsServer: await version("nats-server"),
    pushgateway: await version("pushgateway"),
  };
}
