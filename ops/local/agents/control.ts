/** How a running process of agents takes commands: one JSON line in, one JSON line out, over a unix socket. */
import { z } from "zod";
import { HubFile } from "../../../fleet/hub-file.ts";
import { HostedAgent } from "./config.ts";
import { Fault } from "./fault.ts";

/** Longest line either way, bytes; 100 agents' list is a third of it. */
export const maxLineBytes = 256 * 1024;

export const ControlRequest = z.discriminatedUnion("command", [
  z.strictObject({ command: z.literal("list") }),
  z.strictObject({ command: z.literal("fault"), agent: z.string(), fault: Fault }),
]);
export type ControlRequest = z.infer<typeof ControlRequest>;

export const AgentState = z.strictObject({
  ...HostedAgent.shape,
  fault: Fault,
  pushes: z.strictObject({ sent: z.number(), viaPeer: z.number(), failed: z.number() }),
  /** The hub file that it follows; absent without one. */
  hubFile: z
    .strictObject({
      revision: z.number(),
      stage: HubFile.shape.stage,
      /** Name of the hub that took the last push by this file; absent before the first, and when none took it. */
      hub: z.string().optional(),
    })
    .optional(),
});
export type AgentState = z.infer<typeof AgentState>;

export const ControlAnswer = z.discriminatedUnion("ok", [
  /** After `fault`: the one agent as it is now. */
  z.strictObject({ ok: z.literal(true), machine: z.string(), pid: z.number(), agents: z.array(AgentState) }),
  z.strictObject({ ok: z.literal(false), code: z.string(), what: z.string(), next: z.string() }),
]);
export type ControlAnswer = z.infer<typeof ControlAnswer>;
