/** One push of a registry to one hub. */
import { Pushgateway, type Registry } from "prom-client";
import type { Connections } from "../../client/connections.ts";

export interface PushArgs {
  /** Base URL of the hub. */
  hub: string;
  job: string;
  groupings: Record<string, string>;
  registry: Registry;
  connections: Connections;
  deadlineMs: number;
  /** Ends the push before its time. */
  signal: AbortSignal;
}

/** Resolves once the hub has taken it. @throws what the hub or the network said, or a TimeoutError after the deadline */
export async function push({
  hub,
  job,
  groupings,
  registry,
  connections,
  deadlineMs,
  signal,
}: PushArgs): Promise<void> {
  const either = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
  // The client waits for ever for an answer that breaks off in its middle: the signal must end the wait too.
  const ended = new Promise<never>((_, reject) => either.addEventListener("abort", () => reject(either.reason)));
  const client = new Pushgateway(hub, { agent: connections.to(hub).agent, signal: either }, registry);
  await Promise.race([client.push({ jobName: job, groupings }), ended]);
}

/** Whether a push was given up because its deadline came. */
export const isLate = (error: unknown): boolean => error instanceof DOMException && error.name === "TimeoutError";
