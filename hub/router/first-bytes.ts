/** Waits for what a client says first, and puts it back for whoever carries the connection. */
import type { Socket } from "node:net";
import { kindOf } from "../core/router/first-bytes.ts";

export interface FirstBytes {
  kind: "http" | "tcp" | "silent" | "gone";
  /** What it said, where it cannot be put back since the client has ended its half with it. */
  preface?: Uint8Array;
}

/** A beginning that may yet become a request line is waited for so long, ms. */
const moreMs = 1_000;

/** @param ms Infinity waits until it says something, is gone, or `signal` says that the answer is not wanted */
export function firstBytes(client: Socket, ms: number, signal?: AbortSignal): Promise<FirstBytes> {
  return new Promise((resolve) => {
    let seen: Buffer = Buffer.alloc(0);
    let timer: NodeJS.Timeout | undefined;
    const settle = (kind: FirstBytes["kind"]) => {
      clearTimeout(timer);
      client.off("readable", read).off("end", read).off("close", gone).off("error", gone);
      signal?.removeEventListener("abort", unwanted);
      if (seen.length > 0 && client.readableEnded) return resolve({ kind, preface: seen });
      if (seen.length > 0) client.unshift(seen);
      resolve({ kind });
    };
    const read = () => {
      const chunk: Buffer | null = client.read();
      if (chunk !== null) seen = Buffer.concat([seen, chunk]);
      const kind = seen.length === 0 ? "more" : kindOf(seen);
      if (kind !== "more") settle(kind);
      // It ended its half: what it has said is all, and it may still want to hear.
      else if (client.readableEnded) settle("tcp");
      else if (seen.length > 0) timer ??= setTimeout(() => settle("tcp"), moreMs);
    };
    const gone = () => settle("gone");
    const unwanted = () => settle("silent");
    const late = () => {
      if (seen.length === 0) return settle("silent");
      timer = setTimeout(() => settle("tcp"), moreMs);
    };
    if (client.destroyed) return resolve({ kind: "gone" });
    if (Number.isFinite(ms)) timer = setTimeout(late, ms);
    client.on("readable", read).on("end", read).once("close", gone).once("error", gone);
    signal?.addEventListener("abort", unwanted);
  });
}
