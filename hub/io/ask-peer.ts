/** Asks the peer's hub for JSON by one GET: within a deadline, a bound on the answer, and its schema. */
import type { z } from "zod";
import type { HubDial } from "../tls/dial.ts";
import { nonceHeader, type PeerSeals, sealHeader } from "./peer-seals.ts";

export interface AskPeerOptions {
  dial: Pick<HubDial, "request">;
  host: string;
  port: number;
  path: string;
  /** For all of it, ms. */
  deadlineMs: number;
  maxBytes: number;
  seals: PeerSeals;
  signal: AbortSignal;
}

/** Rejects with the reason when it does not come, is too long, or is something else; one of an older version has no such path. */
export async function askPeer<T>(schema: z.ZodType<T>, options: AskPeerOptions): Promise<T> {
  const { path, seals } = options;
  if (!seals.needed) return schema.parse(JSON.parse((await answerOf(options, {})).text));
  if (!seals.canCheck) throw new Error("the peer was not heard over NATS yet, so its seal is not known");
  const nonce = seals.newNonce();
  const { text, seal } = await answerOf(options, { [nonceHeader]: nonce });
  if (seals.isGenuine(seal, nonce, sealedAnswer(path), text)) return schema.parse(JSON.parse(text));
  seals.refuse();
  throw new Error(
    `the answer to GET ${path} has no seal of the peer's hub: that is of an older version, or somebody else answered`,
  );
}

/** The question stands in the seal: an answer to another one is none. @param path with the query */
export const sealedAnswer = (path: string) => `answer to ${path}`;

interface SealedText {
  text: string;
  /** Empty when there is none. */
  seal: string;
}

function answerOf(options: AskPeerOptions, headers: Record<string, string>): Promise<SealedText> {
  const { dial, host, port, path, deadlineMs, maxBytes, seals, signal } = options;
  return new Promise((resolve, reject) => {
    const asking = { host, port, path, agent: false, headers: { connection: "close", ...headers }, signal };
    const asked = dial.request(asking, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      if (response.statusCode !== 200) fail(new Error(`GET ${path} answered HTTP ${response.statusCode}`));
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= maxBytes) return void chunks.push(chunk);
        if (!asked.destroyed) seals.refuse();
        fail(new Error(`GET ${path} answered with more than ${maxBytes} bytes`));
      });
      const seal = String(response.headers[sealHeader] ?? "");
      response.on("end", () => settle(() => resolve({ text: Buffer.concat(chunks).toString("utf8"), seal })));
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
