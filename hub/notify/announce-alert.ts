/** Tells whoever listens on this machine's NATS that an alert was raised. */
import type { NatsConnection } from "nats";
import type { Message } from "./message.ts";

/** Who misses it asks `GET /api/v1/alerts`: nothing waits for listeners. */
export function announceAlert(nc: NatsConnection | undefined, message: Message): void {
  if (nc !== undefined && !nc.isClosed())
    nc.publish(`observability.alerts.${message.severity}`, JSON.stringify(message));
}
