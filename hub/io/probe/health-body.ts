/** Reads an agent's health out of what it answered: a JSON object with a status, or a plain word. */
import type { ProbeAnswer } from "../../core/agent-health.ts";

/** Longest answer that a probe reads, bytes. */
export const maxBodyBytes = 64 * 1024;

export type BodyHealth =
  | Omit<Extract<ProbeAnswer, { type: "answered" }>, "latencyMs">
  | Extract<ProbeAnswer, { type: "malformed" }>;

const words: Record<"healthy" | "degraded" | "unhealthy", readonly string[]> = {
  healthy: ["ok", "healthy", "up", "alive", "running", "ready", "pass", "success", "online", "operational"],
  degraded: ["degraded", "warning", "warn", "starting", "initializing", "loading", "busy"],
  unhealthy: ["error", "unhealthy", "down", "fail", "failed", "failure", "critical", "offline", "stopped"],
};

/**
 * An agent that is well but not `ready` is degraded: many load models for minutes after their start, and calling that
 * unhealthy would move them in the middle of it.
 */
export function readHealthBody(text: string): BodyHealth {
  const body = text.trim();
  if (body === "") return { type: "malformed", reason: "it answered with nothing" };
  const word = healthOf(body);
  if (word !== undefined) return { type: "answered", health: word, message: "" };
  if (body.startsWith("<")) return { type: "malformed", reason: `it answered with a page of HTML: ${start(body)}` };
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { type: "malformed", reason: `its answer is neither JSON nor a known word: ${start(body)}` };
  }
  return readValue(value, body);
}

function readValue(value: unknown, body: string): BodyHealth {
  if (typeof value === "string") {
    const health = healthOf(value);
    if (health !== undefined) return { type: "answered", health, message: "" };
  }
  if (typeof value !== "object" || value === null || !("status" in value)) {
    return { type: "malformed", reason: `its answer has no status: ${start(body)}` };
  }
  const health = typeof value.status === "string" ? healthOf(value.status) : undefined;
  if (health === undefined) {
    // Nested a thousandfold it could be read, but not written.
    const isPlain = typeof value.status !== "object" || value.status === null;
    const status = isPlain ? start(JSON.stringify(value.status)) : "is no word and";
    return { type: "malformed", reason: `its status ${status} means nothing here` };
  }
  const message = "message" in value && typeof value.message === "string" ? value.message : "";
  const ready = !("ready" in value) || value.ready !== false;
  if (ready || health !== "healthy") return { type: "answered", health, message };
  return { type: "answered", health: "degraded", message: message === "" ? "not ready" : `not ready: ${message}` };
}

function healthOf(word: string): keyof typeof words | undefined {
  const plain = word.trim().toLowerCase();
  if (words.healthy.includes(plain)) return "healthy";
  if (words.degraded.includes(plain)) return "degraded";
  return words.unhealthy.includes(plain) ? "unhealthy" : undefined;
}

/** The first 60 characters as one line. */
export function start(text: string): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, " ").trim();
  return line.length <= 60 ? line : `${line.slice(0, 59)}…`;
}
