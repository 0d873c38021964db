/** Carries a connection byte by byte in both directions until both have ended, or its target is replaced. */
import type { Socket } from "node:net";
import { closeInMs } from "../core/router/drain.ts";
import type { RouterLimits } from "../core/router/limits.ts";
import { monoMs } from "../io/mono-clock.ts";
import type { Place } from "./place.ts";

export interface TunnelOptions {
  client: Socket;
  target: Socket;
  place: Place;
  limits: RouterLimits;
  /** Sent to the target before anything of the client's. */
  preface?: Uint8Array | undefined;
}

/** Resolves when both sockets are closed. */
export function tunnel({ client, target, place, limits, preface }: TunnelOptions): Promise<void> {
  // Nobody has listened yet: the end of a connection that is over already would not be heard.
  if (client.destroyed || target.destroyed || place.isExpired()) {
    resetAll(client, target);
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    let lastSpoke: "client" | "target" | null = preface === undefined ? null : "client";
    let spokeAtMs = monoMs();
    let leftAtMs: number | undefined;
    let leaving: NodeJS.Timeout | undefined;
    let open = 2;

    const reset = () => resetAll(client, target);
    const close = () => {
      for (const socket of [client, target]) socket.destroy();
    };
    const leave = () => {
      const nowMs = monoMs();
      leftAtMs ??= nowMs;
      const inMs = closeInMs({ lastSpoke, quietMs: nowMs - spokeAtMs, drainingMs: nowMs - leftAtMs }, limits);
      if (inMs > 0) leaving = setTimeout(leave, inMs);
      else if (lastSpoke === "client" || client.writableLength > 0) reset();
      else close();
    };
    const exit = place.enter({ leave, cut: reset });

    const idle = setTimeout(reset, limits.tcpIdleMs);
    const spoke = (who: "client" | "target") => {
      // This process may have stood still while the lease ran out: nothing more goes there.
      if (who === "client" && place.isExpired()) return reset();
      if (who === "target" && lastSpoke !== "target") place.answered();
      lastSpoke = who;
      spokeAtMs = monoMs();
      idle.refresh();
      if (leftAtMs === undefined) return;
      clearTimeout(leaving);
      leave();
    };
    client.on("data", () => spoke("client"));
    target.on("data", () => spoke("target"));
    target.once("end", () => {
      let unsentBytes = client.writableLength;
      const overdue = () => {
        // What is sent lies with the kernel, which goes on giving it to a slow reader, unless it is told to reset.
        if (client.writableFinished) return close();
        // A reader that takes something only has to be waited for.
        if (client.writableLength >= unsentBytes) return reset();
        unsentBytes = client.writableLength;
        halfClosed.refresh();
      };
      const halfClosed = setTimeout(overdue, Math.min(limits.tcpHalfClosedMs, limits.tcpIdleMs));
      client.on("data", () => halfClosed.refresh());
      client.once("close", () => clearTimeout(halfClosed));
    });

    const failed = (from: Socket, other: Socket) => (error: Error) => {
      if (from === target && target.bytesRead === 0) place.broke(error, { fresh: true });
      // What the target said before it broke still belongs to the client.
      if (other === client && client.writableLength > 0) client.destroySoon();
      else if (!other.destroyed) other.resetAndDestroy();
    };
    client.on("error", failed(client, target));
    target.on("error", failed(target, client));
    const closed = (other: Socket) => () => {
      if (--open > 0) {
        // Closed in good order means that the other half has ended too, or is about to be told.
        if (!other.writableEnded) other.end();
        return;
      }
      clearTimeout(idle);
      clearTimeout(leaving);
      exit();
      resolve();
    };
    client.once("close", closed(target));
    target.once("close", closed(client));

    if (preface !== undefined) target.write(preface);
    client.pipe(target);
    target.pipe(client);
  });
}

function resetAll(...sockets: Socket[]): void {
  for (const socket of sockets) if (!socket.destroyed) socket.resetAndDestroy();
}
