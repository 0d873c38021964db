/** An entry of the inventory with a container, for tests that change a part of it. */
import type { z } from "zod";
import { Agent, type PlacedAgent } from "../../fleet/model.ts";

export function sampleAgent(
  name: string,
  machine: string,
  more: Partial<z.input<typeof Agent>> = {},
  container: Partial<NonNullable<z.input<typeof Agent>["container"]>> = {},
): PlacedAgent {
  const entry = Agent.parse({
    name,
    group: "g",
    port: 6_000,
    healthPort: 7_000,
    httpPort: 8_000,
    health: { kind: "http" },
    required: true,
    memoryMb: 256,
    container: { image: `${name.toLowerCase()}:1`, command: ["--port={port}"], ...container },
    ...more,
  });
  return { ...entry, machine, id: `${machine}/${name}` };
}

export const standby = { port: 12_000, healthPort: 12_001, httpPort: 12_002 };
