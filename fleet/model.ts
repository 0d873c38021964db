/** The fleet's inventory as its YAML files give it: agents, what they need, how they are asked for health, where they may move. */
import { z } from "zod";
import { AgentContainer } from "./container.ts";

const Port = z.number().int().min(1).max(65_535);
const Name = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]*$/, "letters, digits, - and _, a letter first");

/** How an agent answers a question for its health; see hub/config.ts for the deadlines. */
export const HealthSpec = z
  .strictObject({
    kind: z.enum(["zmq", "http", "tcp"]),
    /** What a zmq agent wants to be asked; some take plain strings. */
    request: z.string().optional(),
    /** Path of an http agent. */
    path: z.string().startsWith("/").optional(),
    /** Between two probes, ms. */
    intervalMs: z.number().int().min(50).default(2_000),
    /** Before silence is a failure, ms; no longer than the interval. @default 1000, or the interval where that is shorter */
    deadlineMs: z.number().int().min(10).optional(),
  })
  .superRefine(({ kind, request, path, intervalMs, deadlineMs }, context) => {
    const refuse = (key: string, message: string) => context.addIssue({ code: "custom", path: [key], message });
    if (request !== undefined && kind !== "zmq")
      refuse("request", `only zmq agents are asked one, and this is ${kind}`);
    if (path !== undefined && kind !== "http") refuse("path", `only http agents have one, and this is ${kind}`);
    if (deadlineMs !== undefined && deadlineMs > intervalMs)
      refuse(
        "deadlineMs",
        `${deadlineMs} is longer than intervalMs, ${intervalMs}: the next probe would be due before`,
      );
  })
  .transform(({ deadlineMs, ...spec }) => ({ ...spec, deadlineMs: deadlineMs ?? Math.min(1_000, spec.intervalMs) }));
export type HealthSpec = z.infer<typeof HealthSpec>;

/** Where an agent serves its metrics on its `httpPort`, and how often they are fetched. */
export const MetricsSpec = z
  .strictObject({
    /** False for an agent that serves none, or that pushes them itself. */
    scraped: z.boolean().default(true),
    path: z.string().startsWith("/").default("/metrics"),
    /** Between two scrapes, ms. */
    intervalMs: z.number().int().min(1_000).default(15_000),
    /** Before a scrape has failed, ms; no longer than the interval. @default 5000, or the interval where that is shorter */
    deadlineMs: z.number().int().min(10).optional(),
  })
  .superRefine(({ intervalMs, deadlineMs }, context) => {
    if (deadlineMs === undefined || deadlineMs <= intervalMs) return;
    const message = `${deadlineMs} is longer than intervalMs, ${intervalMs}: the next scrape would be due before`;
    context.addIssue({ code: "custom", path: ["deadlineMs"], message });
  })
  .transform(({ deadlineMs, ...spec }) => ({ ...spec, deadlineMs: deadlineMs ?? Math.min(5_000, spec.intervalMs) }));

/** `notify`: tell it; `warm`: a standby runs and gets the epoch; `cold`: a stopped container is started on takeover. */
export const Mode = z.enum(["notify", "warm", "cold"]);

/** `wait`: it stands still until the other machine is back; `tolerate`: it goes on without. */
const Crossing = z.strictObject({ mode: z.enum(["wait", "tolerate"]), reason: z.string().min(10) });

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
  /** A hub's entry is never scraped, whatever it says here. */
  metrics: MetricsSpec.prefault({}),
  required: z.boolean(),
  /** Hard dependencies: it cannot work without them, and is started after them. No cycles. */
  needs: z.array(z.string()).default([]),
  /** Soft dependencies: it works worse without them. Cycles are allowed. */
  wants: z.array(z.string()).default([]),
  /** Dependencies on another machine, by `machine/name`: what this agent does while that machine is away. */
  crosses: z.record(z.string(), Crossing).default({}),
  mode: Mode.optional(),
  /** True when two active instances would do harm; the reason says what harm, or why there is none. */
  singleWriter: z.strictObject({ value: z.boolean(), reason: z.string().min(10) }).optional(),
  /** 1 moves first when the standby machine cannot carry all. */
  priority: z.number().int().min(1).max(9).optional(),
  memoryMb: z.number().int().positive().optional(),
  vramMb: z.number().int().nonnegative().optional(),
  /** The instance on the other machine of the pair that takes over. */
  standby: z.strictObject({ port: Port, healthPort: Port, httpPort: Port }).optional(),
  /** TCP port on each hub that carries clients to the active instance. */
  route: Port.optional(),
  /** The container that Pulumi makes of it, and of its standby. @default none: somebody else starts it */
  container: AgentContainer.optional(),
});
export type Agent = z.infer<typeof Agent>;

/** One machine's inventory file. */
export const Inventory = z.strictObject({
  machine: Name,
  /** Makes it a satellite: it has no hub, and the hub of this machine asks its agents. @default it is one of the pair */
  watchedBy: Name.optional(),
  gpu: z.string(),
  /** `required`: every agent here but the hub states mode, singleWriter, priority, memoryMb and vramMb; else those with a standby do. */
  failover: z.enum(["required", "optional"]),
  /** What the machine can carry for its peer beside its own agents, MiB; a satellite carries nothing. */
  capacity: z
    .strictObject({ memoryMb: z.number().int().nonnegative(), vramMb: z.number().int().nonnegative() })
    .default({ memoryMb: 0, vramMb: 0 }),
  /** What else listens on this machine, so that no agent is given its port. */
  alsoListening: z.array(z.strictObject({ name: z.string().min(1), port: Port })).default([]),
  /** One at least on a machine of the pair. */
  agents: z.array(Agent),
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

/** An agent that dependencies moved to another batch than the plan had it in. */
export const Correction = z.strictObject({
  /** `machine/name`. */
  agent: z.string(),
  /** The plan's batch. */
  from: z.string(),
  /** The batch that it stands in. */
  to: z.string(),
  because: z.string().min(10),
});
export type Correction = z.infer<typeof Correction>;

/** The file of the migration's batches, in their order. */
export const Batches = z.strictObject({
  batches: z.array(MigrationBatch),
  corrections: z.array(Correction).default([]),
});
export type Batches = z.infer<typeof Batches>;

/** All machines together, as every command and the Pulumi program read it. */
export interface Fleet {
  inventories: Inventory[];
  agents: PlacedAgent[];
  batches: MigrationBatch[];
  /** @default none */
  corrections?: Correction[];
}
