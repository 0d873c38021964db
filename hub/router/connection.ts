/** What becomes of a client's connection: followed request by request when it is HTTP, else carried to the place that acts. */
import type { Socket } from "node:net";
import { firstBytes } from "./first-bytes.ts";
import type { Place } from "./place.ts";
import type { Refusal, Route } from "./route.ts";
import { tunnel } from "./tunnel.ts";

interface Reached {
  place: Place;
  target: Socket;
}

export async function carryConnection(client: Socket, route: Route, takeHttp: (client: Socket) => void): Promise<void> {
  const { protocol } = route.config;
  // Whoever takes the connection over listens for itself; until then a reset is no crash.
  client.on("error", () => {});
  if (protocol === "http") return takeHttp(client);
  if (protocol === "tcp") return await carryBytes(client, route);
  const { kind, preface } = await firstBytes(client, route.limits.firstBytesMs);
  if (kind === "gone") return;
  if (kind === "http") return takeHttp(client);
  if (kind === "tcp") return await carryBytes(client, route, preface);
  await carrySilent(client, route, takeHttp);
}

/** @param preface sent to the target before what the client says */
export async function carryBytes(client: Socket, route: Route, preface?: Uint8Array): Promise<void> {
  const gone = goneSignal(client);
  const reached = await reach(route, gone.signal);
  gone.forget();
  if (typeof reached === "string") return refuse(client, reached);
  await tunnel({ client, ...reached, limits: route.limits, preface });
}

/** Neither side may have to speak first: the target is connected, and whichever speaks decides. */
async function carrySilent(client: Socket, route: Route, takeHttp: (client: Socket) => void): Promise<void> {
  const overdue = setTimeout(() => client.destroy(), route.limits.tcpIdleMs);
  const decided = new AbortController();
  const spoke = firstBytes(client, Number.POSITIVE_INFINITY, decided.signal);
  try {
    for (;;) {
      const stop = new AbortController();
      const reaching = reach(route, stop.signal);
      const first = await Promise.race([spoke, reaching]);
      if (typeof first === "string") return refuse(client, first);
      if ("kind" in first) {
        stop.abort();
        const reached = await reaching;
        const { kind, preface } = first;
        if (kind === "tcp" && typeof reached !== "string")
          return await tunnel({ client, ...reached, limits: route.limits, preface });
        drop(reached);
        if (kind === "gone") return;
        return kind === "http" ? takeHttp(client) : await carryBytes(client, route, preface);
      }
      const { kind, preface } = await Promise.race([spoke, spokeOrLeft(first)]);
      if (kind === "left") {
        drop(first);
        continue;
      }
      if (kind === "gone" || kind === "http") {
        drop(first);
        return kind === "http" ? takeHttp(client) : undefined;
      }
      decided.abort();
      return await tunnel({ client, ...first, limits: route.limits, preface });
    }
  } finally {
    clearTimeout(overdue);
    decided.abort();
  }
}

function reach(route: Route, gone: AbortSignal): Promise<Reached | Refusal> {
  return route.carry(async (place) => {
    const target = await place.connect({ allowHalfOpen: true });
    target.on("error", () => {});
    return { place, target };
  }, gone);
}

/** `silent` when the target spoke or ended; `left` when it was replaced before anyone did. */
function spokeOrLeft({ place, target }: Reached): Promise<{ kind: "silent" | "left"; preface?: undefined }> {
  return new Promise((resolve) => {
    const exit = place.enter({ leave: () => settle("left"), cut: () => settle("left") });
    const settle = (outcome: "silent" | "left") => {
      target.off("readable", spoke).off("close", spoke);
      exit();
      resolve({ kind: outcome });
    };
    const spoke = () => settle("silent");
    target.once("readable", spoke).once("close", spoke);
  });
}

function refuse(client: Socket, refusal: Refusal): void {
  if (refusal !== "gone") client.resetAndDestroy();
}

function drop(reached: Reached | Refusal): void {
  if (typeof reached !== "string") reached.target.destroy();
}

function goneSignal(client: Socket): { signal: AbortSignal; forget(): void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  if (client.destroyed) abort();
  client.once("close", abort);
  return { signal: controller.signal, forget: () => void client.off("close", abort) };
}
