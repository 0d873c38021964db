/** Tells a server of the site's own by JSON, signed where there is a key. */
import { createHmac } from "node:crypto";
import type { WebhookConfig } from "./config.ts";
import type { Message } from "./message.ts";
import { secretText, urlOf } from "./secret-text.ts";
import { sendHttp } from "./send-http.ts";

/** `t=<seconds>,v1=<hex>`: HMAC-SHA256 of the seconds, a dot and the body, so that an old request cannot be sent again. */
export const signatureHeader = "tandem-signature";

export async function tellWebhook(config: WebhookConfig, message: Message, signal: AbortSignal): Promise<void> {
  const body = JSON.stringify(message);
  const headers: Record<string, string> = { "content-type": "application/json", "tandem-notification": message.id };
  if (config.keyFile !== undefined)
    headers[signatureHeader] = signature(body, await secretText(config.keyFile), Date.now());
  await sendHttp(await urlOf(config), { method: "POST", headers, body }, signal);
}

export function signature(body: string, key: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1_000);
  return `t=${seconds},v1=${createHmac("sha256", key).update(`${seconds}.${body}`).digest("hex")}`;
}
