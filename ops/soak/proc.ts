/** Reads from Linux's /proc how much this computer, and each process of a local pair on it, uses. */
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { readMachineUse, tickSeconds } from "../../hub/io/machine-use.ts";
import { processName } from "../local/process-name.ts";
import { isAlive, listProcesses } from "../local/processes.ts";
import { type CpuReading, sharesOf } from "./machine-shares.ts";
import type { MachineUse, ProcessUse } from "./slice.ts";

const pageBytes = 4_096;
/** The list of all processes is read so often at most: to read it costs more than to look at a few of them. */
const findEveryMs = 10_000;

export class Proc {
  readonly #folder: string;
  readonly #machines: readonly string[];
  #found: { name: string; pid: number }[] = [];
  #findAtMs = 0;
  #total: CpuReading | undefined;
  readonly #used = new Map<number, { atMs: number; cpuMs: number }>();

  /** @param folder that the local run keeps its data in, one folder a machine */
  constructor(folder: string, machines: readonly string[]) {
    // Its processes were started with whole paths, wherever we stand.
    this.#folder = resolve(folder);
    this.#machines = machines;
  }

  static get available(): boolean {
    return process.platform === "linux";
  }

  get folder(): string {
    return this.#folder;
  }

  /** Both machines are one computer here. */
  machine(): MachineUse {
    const use = readMachineUse(this.#folder);
    if (use === undefined) return { cpu: null, memory: null, disk: null };
    const before = this.#total;
    this.#total = use;
    return sharesOf(before, use);
  }

  processes(nowMs: number): Record<string, ProcessUse> {
    if (nowMs >= this.#findAtMs || this.#found.some(({ pid }) => !isAlive(pid))) {
      this.#found = this.#find();
      this.#findAtMs = nowMs + findEveryMs;
    }
    const uses: Record<string, ProcessUse> = {};
    for (const { name, pid } of this.#found) {
      const use = this.#use(pid, nowMs);
      if (use !== undefined) uses[name] = use;
    }
    return uses;
  }

  #use(pid: number, nowMs: number): ProcessUse | undefined {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      // The name in brackets may hold anything; the third field follows it.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      // One that has ended and waits for its parent to hear of it uses nothing.
      if (fields[0] === "Z") return undefined;
      const cpuMs = (Number(fields[11]) + Number(fields[12])) * 1_000 * tickSeconds;
      const rss = Number(fields[21]) * pageBytes;
      const fds = readdirSync(`/proc/${pid}/fd`).length;
      const before = this.#used.get(pid);
      this.#used.set(pid, { atMs: nowMs, cpuMs });
      const cpu =
        before === undefined || nowMs <= before.atMs ? null : (100 * (cpuMs - before.cpuMs)) / (nowMs - before.atMs);
      return { life: pid, cpu, rss, fds, heap: null };
    } catch {
      this.#used.delete(pid);
      return undefined;
    }
  }

  #find(): { name: string; pid: number }[] {
    return listProcesses().flatMap((found) => {
      const name = found.pid === process.pid ? undefined : processName(found, this.#folder, this.#machines);
      return name === undefined ? [] : { name, pid: found.pid };
    });
  }
}
