/** What the processes that stand in for a machine's agents are told: one JSON file a process. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { longestSocketPathBytes } from "../../../hub/io/unix-socket.ts";
import { OperatorError } from "../../error.ts";

const Port = z.number().int().min(1).max(65_535);

export const HostedAgent = z.strictObject({
  name: z.string().min(1),
  group: z.string().min(1),
  /** Address that all its sockets bind. */
  host: z.string().min(1),
  /** Its service: answers every HTTP request with its name, machine and health. */
  port: Port,
  /** Answers for its health as `kind` says. */
  healthPort: Port,
  /** Serves GET /health and /metrics, whatever `kind` is. */
  httpPort: Port,
  /** What listens on the health port: a ZeroMQ REP socket, HTTP, or a bare TCP listener. */
  kind: z.enum(["zmq", "http", "tcp"]),
  /** For a standby: the machine whose agent it stands by for. */
  standbyOf: z.string().min(1).optional(),
});
export type HostedAgent = z.infer<typeof HostedAgent>;

export const HostConfig = z.strictObject({
  /** Machine that the agents live on. */
  machine: z.string().min(1),
  /** Unix socket that takes commands; see `controlSocketPath`. */
  controlSocket: z
    .string()
    .min(1)
    .refine((path) => Buffer.byteLength(path) <= longestSocketPathBytes(), {
      error: `longer than the ${longestSocketPathBytes()} bytes that the path of a unix socket may have`,
    }),
  /** Base URLs of the hubs that take pushes: the home hub first, then the peer's. None: no pushes. */
  hubs: z.array(z.url()).max(2),
  /** Below it each agent has its hub file, `<name>/hubs.json`, or `<name>-standby/hubs.json`. @default none: no hub files */
  hubsDirectory: z.string().min(1).optional(),
  /** Between two pushes of one agent, ms; the agents' pushes are spread over it. */
  pushIntervalMs: z.number().int().min(100).default(5_000),
  agents: z.array(HostedAgent).min(1),
});
export type HostConfig = z.infer<typeof HostConfig>;
export type HostConfigInput = z.input<typeof HostConfig>;

/** @throws OperatorError with the file's path and the keys that are wrong */
export function readHostConfig(file: string): HostConfig {
  const next = "Start the agents with `tandem local`, which writes this file, or correct it";
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new OperatorError("agents.config.unreadable", `Cannot read ${file}: ${(error as Error).message}`, next); // fs and JSON throw Errors
  }
  const parsed = HostConfig.safeParse(json);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) => `${issue.path.join(".") || "the file"}: ${issue.message}`);
  throw new OperatorError("agents.config.invalid", `${file} is not a config of agents: ${wrong.join("; ")}`, next);
}

/**
 * Where a process of agents takes commands: `<data>/<machine>/<process>.sock`, or a short name under the system's
 * temporary folder when that is longer than a unix socket's path may be. Readers take it from the config file.
 *
 * @param longestBytes of such a path @default what this computer takes
 */
export function controlSocketPath(
  dataDir: string,
  machine: string,
  process: string,
  longestBytes: number = longestSocketPathBytes(),
): string {
  const path = resolve(dataDir, machine, `${process}.sock`);
  if (Buffer.byteLength(path) <= longestBytes) return path;
  const short = createHash("sha256").update(path).digest("hex").slice(0, 16);
  return join(tmpdir(), `tandem-${short}.sock`);
}
