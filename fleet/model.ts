/** The fleet's inventory as its YAML files give it: agents, what they need, how they are asked for health, where they may move. */
import { z } from "zod";

const Port = z.number().int().min(1).max(65_535);
const Name = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]*$/, "letters, digits, - and _, a letter first");

/** How an agent answers a question for its health; see hub/config.ts for the deadlines. */
export const HealthSpec = z.strictObject({
  kind: z.enum(["zmq", "http", "tcp"]),
  /** What a zmq agent wants to be asked; some take plain strings. */
  request: z.string().optional(),
  /** Path of an http agent. */
  path: z.string().startsWith("/").optional(),
  /** Between two probes, ms. */
  intervalMs: z.number().int().min(50).default(2_000),
  /** Before silence is a failure, ms. */
  deadlineMs: z.number().int().min(10).default(1_000),
});
export type HealthSpec = z.infer<typeof HealthSpec>;

/** `notify`: tell it; `warm`: a standby runs and gets the epoch; `cold`: a stopped container is started on takeover. */
export const Mode = z.enum(["notify", "warm", "cold"]);

export const Agent = z.strictObject({
  name: Name,
  group: z.string().min(1),
  /** True for the ObservabilityHub entries, which are the hubs themselves. */
  isHub: z.boolean().default(false),
  port: Port,
  healthPort: Port,
  /** Where it serves /health and /metrics by HTTP. */
  httpPort: Port,
  health: HealthSpec,
  required: z.boolean(),
  /** Hard dependencies: it cannot work without them, and is started after them. No cycles. */
  needs: z.array(z.string()).default([]),
  /** Soft dependencies: it works worse without them. Cycles are allowed. */
  wants: z.array(z.string()).default([]),
  mode: Mode.optional(),
  /** True when two active instances would do harm; the reason says what harm, or why there is none. */
  singleWriter: z.strictObject({ value: z.boolean(), reason: z.string().min(10) }).optional(),
  /** 1 moves first when the standby machine cannot carry all. */
  priority: z.number().int().min(1).max(9).optional(),
  memoryMb: z.number().int().positive().optional(),
  vramMb: z.number().int().nonnegative().optional(),
  /** The instance on the other machine that takes over. */
  standby: z.strictObject({ port: Port, healthPort: Port, httpPort: Port }).optional(),
  /** TCP port on each hub that carries clients to the active instance. */
  route: Port.optional(),
});
export type Agent = z.infer<typeof Agent>;

/** One machine's inventory file. */
export const Inventory = z.strictObject({
  machine: Name,
  gpu: z.string(),
  /** What the machine can carry for the other one beside its own agents, MiB. */
  capacity: z.strictObject({ memoryMb: z.number().int().positive(), vramMb: z.number().int().nonnegative() }),
  agents: z.array(Agent).min(1),
});
export type Inventory = z.infer<typeof Inventory>;

/** A step of the migration; its agents move together. */
export const MigrationBatch = z.strictObject({
  name: z.string().min(1),
  /** `machine/name` of each agent. */
  agents: z.array(z.string()).min(1),
});
export type MigrationBatch = z.infer<typeof MigrationBatch>;

/** An agent with the machine it lives on; `id` is `machine/name`. */
export type PlacedAgent = Agent & { machine: string; id: string };

/** Both machines together, as every command and the Pulumi program read it. */
export interface Fleet {
  inventories: Inventory[];
  agents: PlacedAgent[];
  batches: MigrationBatch[];
}
