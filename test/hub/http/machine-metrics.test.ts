import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { machineMetrics } from "../../../hub/http/machine-metrics.ts";
import { readOwnMetrics } from "../../../ops/soak/hub-look.ts";
import { sharesOf } from "../../../ops/soak/machine-shares.ts";

const ofProcess = [
  "tandem_hub_process_start_time_seconds 1",
  "tandem_hub_process_cpu_seconds_total 2",
  "tandem_hub_process_resident_memory_bytes 3",
].join("\n");

describe.skipIf(process.platform !== "linux")("the metrics of a hub's machine", () => {
  it("are what its kernel tells, and a soak reads shares of them", async () => {
    const registry = new Registry();
    machineMetrics(registry, "/");
    const machine = readOwnMetrics(`${await registry.metrics()}\n${ofProcess}`)?.machine;
    if (machine === undefined) return expect.unreachable("it tells nothing");
    expect(machine.cpuBusySeconds).toBeLessThanOrEqual(machine.cpuSeconds);
    expect(machine.memoryAvailableBytes).toBeLessThan(machine.memoryBytes);
    const { cpu, memory, disk } = sharesOf(undefined, machine);
    expect(cpu).toBeNull();
    for (const share of [memory, disk]) {
      expect(share).toBeGreaterThan(0);
      expect(share).toBeLessThan(100);
    }
  });
});

describe("the shares of a machine", () => {
  const reading = {
    cpuBusySeconds: 10,
    cpuSeconds: 100,
    memoryBytes: 1_000,
    memoryAvailableBytes: 250,
    diskBytes: 400,
    diskUsedBytes: 100,
  };

  it("are of the time between two readings", () => {
    const later = { ...reading, cpuBusySeconds: 40, cpuSeconds: 150 };
    expect(sharesOf(reading, later)).toEqual({ cpu: 60, memory: 75, disk: 25 });
  });

  it("say nothing of the processor over a start of the machine", () => {
    expect(sharesOf(reading, { ...reading, cpuBusySeconds: 1, cpuSeconds: 2 }).cpu).toBeNull();
  });

  it("are not told by a hub of before", () => {
    expect(readOwnMetrics(ofProcess)).toMatchObject({ rss: 3, machine: undefined });
  });
});
