/** How an agent runs in a container: what its inventory entry states of it, and what follows from that. Pure. */
import { z } from "zod";

/** Users of agents' containers; Tandem's own servers have numbers below. */
const leastUid = 20_000;
const mostUid = 59_999;

const portNames = ["port", "healthPort", "httpPort"] as const;
type PortName = (typeof portNames)[number];
const placeholder = /\{(\w+)\}/g;

/** A name that is a file's too. */
const SecretName = z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]*$/, "letters, digits, _, . and -, a letter first");

const Argument = z.string().refine((text) => [...text.matchAll(placeholder)].every(([, name]) => isPortName(name)), {
  message: `the places to fill in are ${portNames.map((name) => `{${name}}`).join(", ")}`,
});

export const AgentContainer = z.strictObject({
  /** Best by digest. @example "registry.example.org/tutor:20260101-3f2a9c0" */
  image: z.string().min(1),
  /** Arguments; `{port}`, `{healthPort}` and `{httpPort}` become those of home or standby. @default the image's own */
  command: z.array(Argument).default([]),
  /** User and group, of this agent alone on its machine. @default a number of its name's, from 20000 to 59999 */
  uid: z.number().int().min(leastUid).max(mostUid).optional(),
  /** In tenths, since the engine is told them so. @example 1.5 */
  cpus: z.number().min(0.1).max(256).multipleOf(0.1).default(1),
  /** Give it the machine's GPUs. */
  gpu: z.boolean().default(false),
  /** Mount the machine's models at /models, read-only. */
  models: z.boolean().default(false),
  /** Where in the container its data lies; a directory of the machine that outlives the container. @default it keeps none */
  data: z
    .string()
    .regex(/^\/[\w./-]*[\w-]$/, "an absolute path like /app/data")
    .optional(),
  /** Secrets of the stack's `agentSecrets` that it reads at /run/secrets/<name>. */
  secrets: z.array(SecretName).default([]),
  /** Exits with 0 when it is well, and is in the image. @default none: few images hold a tool that could ask */
  healthcheck: z.array(z.string()).min(1).optional(),
  /** How long its `healthcheck` may fail after a start, s; an `up`, which has 15 minutes in a deployment, waits for it. */
  startSeconds: z.number().int().min(1).max(600).default(10),
  /** Between SIGTERM and SIGKILL, s. */
  stopGraceSeconds: z.number().int().min(1).max(600).default(10),
});
export type AgentContainer = z.infer<typeof AgentContainer>;

export type AgentPorts = Record<PortName, number>;

/** The arguments with the instance's own ports in their places. */
export function commandOf({ command }: AgentContainer, ports: AgentPorts): string[] {
  return command.map((text) =>
    text.replace(placeholder, (whole, name) => (isPortName(name) ? `${ports[name]}` : whole)),
  );
}

/** The same on either machine, so that data can be carried over; `fleet check` refuses two agents with one number. */
export function uidOf(name: string, { uid }: Pick<AgentContainer, "uid">): number {
  if (uid !== undefined) return uid;
  // FNV-1a: spreads names that differ in a letter.
  let hash = 0x811c9dc5;
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return leastUid + (hash % (mostUid - leastUid + 1));
}

function isPortName(name: string | undefined): name is PortName {
  return portNames.some((known) => known === name);
}
