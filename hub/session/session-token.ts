/** What a browser keeps of its session: who signed in and until when, sealed by the hub's key, so that the hub need not remember it. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { WallMs } from "../core/hlc.ts";
import { safeJson } from "../core/safe-json.ts";

export const Session = z.strictObject({
  id: z.string().min(1).max(64),
  by: z.string().min(1).max(100),
  /** Wall ms. */
  untilMs: WallMs,
});
export type Session = z.infer<typeof Session>;

export function sealSession(session: Session, machine: string, key: Buffer): string {
  const payload = Buffer.from(JSON.stringify(session)).toString("base64url");
  return `${payload}.${macOf(payload, machine, key).toString("base64url")}`;
}

/** Undefined of one that was not sealed by this key for this machine, and of one that is over. */
export function openSession(token: string, machine: string, key: Buffer, nowMs: number): Session | undefined {
  const [payload = "", mac = "", ...more] = token.split(".");
  const [said, expected] = [Buffer.from(mac, "base64url"), macOf(payload, machine, key)];
  if (more.length > 0 || said.length !== expected.length || !timingSafeEqual(said, expected)) return undefined;
  const session = Session.safeParse(safeJson(Buffer.from(payload, "base64url"))).data;
  return session !== undefined && session.untilMs > nowMs ? session : undefined;
}

const macOf = (payload: string, machine: string, key: Buffer): Buffer =>
  createHmac("sha256", key).update(`tandem session of ${machine}: ${payload}`).digest();
