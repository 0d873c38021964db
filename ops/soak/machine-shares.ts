/** Shares of a machine that were in use between two readings. */
import type { MachineUse as Reading } from "../../hub/io/machine-use.ts";
import type { MachineUse } from "./slice.ts";

export type CpuReading = Pick<Reading, "cpuBusySeconds" | "cpuSeconds">;

/** @param before undefined, or of a time before the machine was started anew, where nothing is said of the processor */
export function sharesOf(before: CpuReading | undefined, now: Reading): MachineUse {
  const seconds = now.cpuSeconds - (before?.cpuSeconds ?? 0);
  return {
    cpu: before === undefined || seconds <= 0 ? null : (100 * (now.cpuBusySeconds - before.cpuBusySeconds)) / seconds,
    memory: 100 * (1 - now.memoryAvailableBytes / now.memoryBytes),
    disk: (100 * now.diskUsedBytes) / now.diskBytes,
  };
}
