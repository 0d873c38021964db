/** Asks the peer's hub for JSON by one GET: within a deadline, a bound on the answer, and its schema. */
import type { z } from "zod";
import type { HubDial } from "../tls/dial.ts";

export interface AskPeerOptions {
  dial: Pick<HubDial, "request">;
  host: string;
  port: number;
  path: string;
  /** For all of it, ms. */
  deadlineMs: number;
  maxBytes: number;
  signal: AbortSignal;
}

/** Rejects with the reason when it does not come, is too long, or is something else; one of an older version has no such path. */
export async function askPeer<T>(schema: z.ZodType<T>, options: AskPeerOptions): Promise<T> {
  return schema.parse(JSON.parse(await textOf(options)));
}

function textOf({ dial, host, port, path, deadlineMs, maxBytes, signal }: AskPeerOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const asking = { host, port, path, agent: false, headers: { connection: "close" }, signal };
    const asked = dial.request(asking, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      if (response.statusCode !== 200) fail(new Error(`GET ${path} answered HTTP ${response.statusCode}`));
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxBytes) fail(new Error(`GET ${path} answered with more than ${maxBytes} bytes`));
        else chunks.push(chunk);
      });
      response.on("end", () => settle(() => resolve(Buffer.concat(chunks).toString("utf8"))));
      response.on("error", fail);
      response.on("aborted", () => fail(new Error(`the answer to GET ${path} broke off`)));
    });
    // A timer of its own: that of the request measures idle sockets only.
    const timer = setTimeout(
      () => fail(new Error(`GET ${path} had no whole answer within ${deadlineMs} ms`)),
      deadlineMs,
    );
    const settle = (how: () => void) => {
      clearTimeout(timer);
      how();
    };
    const fail = (error: Error) => {
      settle(() => reject(error));
      asked.destroy();
    };
    asked.on("error", fail);
    asked.end();
  });
}
