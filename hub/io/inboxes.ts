/** Gives a hub's connection two kinds of inboxes, so that the link need not carry what its own domain answers. */
import { createInbox, type NatsConnection, type RequestOptions } from "nats";
import { linkInboxes, ownInboxes } from "../core/inbox-names.ts";

const prefixes = new WeakMap<NatsConnection, { next: string; across: string }>();

/** @param nc opened with `ownInboxes` as its `inboxPrefix` */
export function nameInboxes(nc: NatsConnection, machine: string): void {
  prefixes.set(nc, { next: ownInboxes(machine), across: linkInboxes(machine) });
}

/** A new inbox of the kind that this connection may hear; one of the client's own kind where nobody named another. */
export function newInbox(nc: NatsConnection): string {
  return createInbox(prefixes.get(nc)?.next);
}

/** The same connection for what is asked of the peer's domain: answers and feeds come to inboxes that cross the link. */
export function acrossLink(nc: NatsConnection): NatsConnection {
  const named = prefixes.get(nc);
  if (named === undefined) return nc;
  const request = (subject: string, payload?: Uint8Array | string, options?: RequestOptions) =>
    nc.request(subject, payload, { timeout: 1_000, ...options, noMux: true, reply: createInbox(named.across) });
  const across: NatsConnection = Object.create(nc, { request: { value: request } });
  prefixes.set(across, { next: named.across, across: named.across });
  return across;
}
