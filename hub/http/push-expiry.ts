/** Reads the header by which a push says how long its group lives when no further push comes. */
import { ExpiryMs } from "../core/record.ts";

/** In seconds, fractions too; 0 for ever, whatever the hub's default. @example "Tandem-Expires-After: 90" */
export const expiryHeader = "tandem-expires-after";

export type PushExpiry = { ok: true; expiresAfterMs: number | undefined } | { ok: false; reason: string };

/**
 * @param value of the header; undefined when there is none
 * @param defaultMs of the hub, ms; undefined for ever
 */
export function readExpiry(value: string | string[] | undefined, defaultMs: number | undefined): PushExpiry {
  if (value === undefined) return { ok: true, expiresAfterMs: defaultMs };
  const seconds = typeof value === "string" && /^\d{1,15}(\.\d{1,9})?$/.test(value) ? Number(value) : Number.NaN;
  if (seconds === 0) return { ok: true, expiresAfterMs: undefined };
  const expiresAfterMs = Math.ceil(seconds * 1_000);
  if (ExpiryMs.safeParse(expiresAfterMs).success) return { ok: true, expiresAfterMs };
  const mostSeconds = (ExpiryMs.maxValue ?? 0) / 1_000;
  const reason = `Tandem-Expires-After must be seconds, 0 for ever, ${mostSeconds} at most; got ${JSON.stringify(value)}`;
  return { ok: false, reason };
}
