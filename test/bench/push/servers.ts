/** The servers that are measured side by side: two real Pushgateways, with and without their check, and a whole pair of hubs. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PushLimits } from "../../../hub/core/push-limits.ts";
import { ensureTool } from "../../../ops/tools/ensure-tool.ts";
import { BarePair } from "../../support/bare-pair.ts";
import { freePorts } from "../../support/free-ports.ts";
import { until } from "../../support/until.ts";
import type { Address } from "./load.ts";
import { groupPath } from "./message.ts";

export const serverNames = ["pushgateway", "unchecked", "hub"] as const;
export type ServerName = (typeof serverNames)[number];

/** All groups are of one job that no inventory names, and ten thousand of them are measured. */
const roomy = PushLimits.parse({
  groups: 100_000,
  groupsPerJob: 100_000,
  guestGroups: 100_000,
  series: 1_000_000,
  seriesPerJob: 1_000_000,
  guestSeries: 1_000_000,
});

export interface Measured {
  name: ServerName;
  at: Address;
  pid(): number;
  /** Takes away all groups. */
  wipe(groups: number): Promise<void>;
}

export class BenchPushgateway implements Measured {
  readonly name: "pushgateway" | "unchecked";
  readonly at: Address;
  readonly #program: string;
  readonly #args: string[];
  #process: ChildProcess | undefined;

  constructor(name: "pushgateway" | "unchecked", program: string, port: number, file: string) {
    this.name = name;
    this.at = { host: "127.0.0.1", port };
    this.#program = program;
    this.#args = [
      `--web.listen-address=127.0.0.1:${port}`,
      "--web.enable-admin-api",
      "--log.level=error",
      // Its default interval: five minutes, and once more at its end.
      `--persistence.file=${file}`,
      ...(name === "unchecked" ? ["--push.disable-consistency-check"] : []),
    ];
  }

  async start(): Promise<void> {
    this.#process = spawn(this.#program, this.#args, { stdio: "ignore" });
    await until(`the Pushgateway on ${this.at.port}`, async () => await answers(this.at.port, "/-/ready"));
  }

  /** It writes its file at its end. */
  async end(): Promise<void> {
    const running = this.#process;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const gone = new Promise((resolve) => running.once("exit", resolve));
    running.kill("SIGTERM");
    await gone;
  }

  pid(): number {
    return this.#process?.pid ?? 0;
  }

  async wipe(): Promise<void> {
    await fetch(`http://127.0.0.1:${this.at.port}/api/v1/admin/wipe`, { method: "PUT" });
  }
}

export class BenchHub implements Measured {
  readonly name = "hub";
  readonly pair: BarePair;

  constructor(pair: BarePair) {
    this.pair = pair;
  }

  get at(): Address {
    return this.pair.machines.mainpc.at.hub;
  }

  pid(): number {
    return this.pair.machines.mainpc.parts.hub.pid ?? 0;
  }

  async wipe(groups: number): Promise<void> {
    const batch = 50;
    for (let from = 0; from < groups; from += batch) {
      const some = Array.from({ length: Math.min(batch, groups - from) }, (_, i) => groupPath(from + i));
      await Promise.all(some.map((path) => fetch(`${this.pair.machines.mainpc.hubUrl}${path}`, { method: "DELETE" })));
    }
  }
}

export interface Servers {
  pushgateway: BenchPushgateway;
  unchecked: BenchPushgateway;
  hub: BenchHub;
  stop(): Promise<void>;
}

/** @param dir folder of their data, on the disk that is to be measured */
export async function startServers(dir: string): Promise<Servers> {
  mkdirSync(dir, { recursive: true });
  const program = await ensureTool("pushgateway", () => {});
  const [checked = 0, unchecked = 0] = await freePorts(2);
  const pair = await BarePair.make(join(dir, "pair"), { hubConfig: { limits: roomy } });
  const servers = {
    // One file for both: what one of them has stored, the other starts with.
    pushgateway: new BenchPushgateway("pushgateway", program, checked, join(dir, "pushgateway.db")),
    unchecked: new BenchPushgateway("unchecked", program, unchecked, join(dir, "unchecked.db")),
    hub: new BenchHub(pair),
  };
  await Promise.all([servers.pushgateway.start(), servers.unchecked.start(), pair.start()]);
  const stop = async () => {
    await Promise.all([servers.pushgateway.end(), servers.unchecked.end(), pair.stop()]);
  };
  return { ...servers, stop };
}

/** Memory that a process holds, bytes; undefined where /proc does not say. */
export function residentBytes(pid: number): number | undefined {
  try {
    const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kib === undefined ? undefined : Number(kib) * 1024;
  } catch {
    return undefined;
  }
}

const ticksPerSecond = 100;

/** Processor time that a process has used so far, s; undefined where /proc does not say. */
export function cpuSeconds(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return undefined;
  }
}

async function answers(port: number, path: string): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    return false;
  }
}
