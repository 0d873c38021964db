/**
 * Whose orders are taken without a token or a session: of whoever opens the hub's own socket, which is its user's alone; in a local run,
 * of whoever is on this computer. Only what was marked as it was accepted counts: an address says nothing of who comes from it.
 */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { isFromHere } from "../io/from-here.ts";

export type LocalOrders = { kind: "socket"; path: string } | { kind: "loopback" };

const local = new WeakSet<Socket>();

/** From now on orders are taken that come on this connection. */
export function markLocal(socket: Socket): void {
  local.add(socket);
}

/** Marks a connection of this very computer. */
export function markLoopback(socket: Socket): void {
  if (isFromHere(socket)) markLocal(socket);
}

/** What a request has that a browser sent, maybe for a page of another site, or that somebody passed on, who may speak for anybody. */
const ofOthers = [
  "origin",
  "sec-fetch-site",
  "forwarded",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-real-ip",
] as const;

export const isLocal = ({ socket, headers }: IncomingMessage): boolean =>
  local.has(socket) && ofOthers.every((name) => headers[name] === undefined);
