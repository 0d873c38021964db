/** Reads from Linux's /proc what the whole machine uses, also from within a container, and of the disk that a folder lies on. */
import { existsSync, readFileSync, statfsSync } from "node:fs";

/** The kernel counts time in ticks of this length on every architecture that Node runs on, s. */
export const tickSeconds = 0.01;

export interface MachineUse {
  /** Of all processors together since the machine started, s. */
  cpuBusySeconds: number;
  /** The same with idle time. */
  cpuSeconds: number;
  memoryBytes: number;
  memoryAvailableBytes: number;
  /** As df tells it: what is kept for root is nobody's. */
  diskBytes: number;
  diskUsedBytes: number;
}

/** Undefined on another system. @param folder on the disk in question; one that is not made yet stands for the root */
export function readMachineUse(folder: string): MachineUse | undefined {
  if (process.platform !== "linux") return undefined;
  const times = (readFileSync("/proc/stat", "utf8").split("\n")[0] ?? "").trim().split(/\s+/).slice(1).map(Number);
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0, steal = 0] = times;
  const busy = user + nice + system + irq + soft + steal;
  const memory = readFileSync("/proc/meminfo", "utf8");
  const bytes = (key: string) => 1_024 * Number(new RegExp(`^${key}: +(\\d+)`, "m").exec(memory)?.[1] ?? 0);
  const { bsize, blocks, bfree, bavail } = statfsSync(existsSync(folder) ? folder : "/");
  return {
    cpuBusySeconds: busy * tickSeconds,
    cpuSeconds: (busy + idle + wait) * tickSeconds,
    memoryBytes: bytes("MemTotal"),
    memoryAvailableBytes: bytes("MemAvailable"),
    diskBytes: (blocks - bfree + bavail) * bsize,
    diskUsedBytes: (blocks - bfree) * bsize,
  };
}
