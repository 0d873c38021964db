/** Tells whoever listens on this machine's NATS that a service has moved. */
import type { NatsConnection } from "nats";

export interface MoveAnnouncement {
  service: string;
  from: string;
  to: string;
  epoch: number;
  why: string;
  /** Machine whose hub says so. */
  machine: string;
  /** Its wall time, ms. */
  wallMs: number;
}

/** Clients that miss it ask `GET /api/v1/services`: nothing waits for them, and without NATS nobody hears. */
export function announceMove(nc: NatsConnection | undefined, move: MoveAnnouncement): void {
  const { machine, service, from, to, epoch, why, wallMs } = move;
  const body = JSON.stringify({ v: 1, machine, service, from, to, epoch, why, wallMs });
  if (nc !== undefined && !nc.isClosed()) nc.publish(`observability.failover.${service}`, body);
}
