/** Metrics of the hub's machine as a whole: its processors, memory, and the disk of the hub's data. */
import { Counter, Gauge, type Registry } from "prom-client";
import { type MachineUse, readMachineUse } from "../io/machine-use.ts";
import { onceATurn } from "./once-a-turn.ts";

const metrics: readonly (readonly [name: string, help: string, key: keyof MachineUse])[] = [
  ["cpu_busy_seconds_total", "Time that all processors worked since the machine started.", "cpuBusySeconds"],
  ["cpu_seconds_total", "Time of all processors since the machine started, idle or not.", "cpuSeconds"],
  ["memory_bytes", "Memory of the machine.", "memoryBytes"],
  ["memory_available_bytes", "Memory that programs may still take.", "memoryAvailableBytes"],
  ["disk_bytes", "Size of the disk of the hub's data.", "diskBytes"],
  ["disk_used_bytes", "What is taken of the disk of the hub's data.", "diskUsedBytes"],
];

/** None where the system does not tell. @param folder of the hub's data */
export function machineMetrics(registry: Registry, folder: string): void {
  if (readMachineUse(folder) === undefined) return;
  const use = onceATurn(() => readMachineUse(folder));
  for (const [name, help, key] of metrics) {
    const Metric = name.endsWith("_total") ? Counter : Gauge;
    new Metric({
      name: `tandem_machine_${name}`,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(use()?.[key] ?? Number.NaN);
      },
    });
  }
}
