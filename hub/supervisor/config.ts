/** The supervisor's configuration: one JSON file. */
import { z } from "zod";

const Path = z.string().startsWith("/");

export const SupervisedProcess = z.strictObject({
  service: z.string().min(1),
  command: Path,
  args: z.array(z.string()),
  cwd: Path.optional(),
  /** Gets what it prints. */
  logPath: Path,
});
export type SupervisedProcess = z.infer<typeof SupervisedProcess>;

export const SupervisorConfig = z.strictObject({
  v: z.literal(1),
  /** This machine; containers of another one's label are not touched. */
  machine: z.string().min(1),
  /** Unix socket on which the hub speaks to it. */
  socket: Path,
  /** Permissions of the socket: with 0660 a hub of the same group may speak, too. */
  socketMode: z.enum(["0600", "0660"]).default("0600"),
  /** File with the highest epochs, made when missing. Without it a service of an old epoch could be started. */
  stateFile: Path,
  /** The engine whose containers labelled `tandem.supervised` it starts and stops. */
  docker: z.strictObject({ socket: Path }).optional(),
  /** Processes that it starts and stops as its children. */
  processes: z.array(SupervisedProcess).default([]),
});
export type SupervisorConfig = z.infer<typeof SupervisorConfig>;
export type SupervisorConfigInput = z.input<typeof SupervisorConfig>;
