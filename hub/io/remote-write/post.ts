/** One request to a store, within a deadline, over a connection that is kept, and with errors that repeat nothing secret. */
import { readFile } from "node:fs/promises";
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { messageOf } from "../log.ts";

export interface PostOptions {
  url: string;
  headers: Readonly<Record<string, string>>;
  /** PEM. */
  caFile: string | undefined;
  timeoutMs: number;
  /** Nothing of the answer that is one of them is given on: a store may repeat what it was shown. */
  secrets: readonly string[];
}

export interface PostAnswer {
  status: number;
  retryAfter: string | undefined;
  /** Its beginning. */
  text: string;
}

const shownBytes = 200;
const readBytes = 64 * 1024;
const idleMs = 60_000;

/** A store's connection. */
export class Poster {
  readonly #http = new HttpAgent({ keepAlive: true, maxSockets: 1, timeout: idleMs });
  readonly #https = new HttpsAgent({ keepAlive: true, maxSockets: 1, timeout: idleMs });

  /** Resolves with whatever was answered; rejects when nothing was, with why. */
  async post(
    { url, headers, caFile, timeoutMs, secrets }: PostOptions,
    body: Uint8Array,
    signal: AbortSignal,
  ): Promise<PostAnswer> {
    const ca = caFile === undefined ? undefined : await readFile(caFile, "utf8");
    const deadline = AbortSignal.timeout(timeoutMs);
    const options: RequestOptions = {
      method: "POST",
      headers: { ...headers, "content-length": String(body.length) },
      signal: AbortSignal.any([signal, deadline]),
    };
    try {
      return await new Promise<PostAnswer>((resolve, reject) => {
        const heard = (response: IncomingMessage) => void read(response, secrets).then(resolve, reject);
        const request = url.startsWith("https:")
          ? httpsRequest(url, { ...options, agent: this.#https, ...(ca === undefined ? {} : { ca }) }, heard)
          : httpRequest(url, { ...options, agent: this.#http }, heard);
        request.once("error", reject);
        request.end(body);
      });
    } catch (error) {
      throw deadline.aborted ? new Error(`no answer within ${timeoutMs} ms`) : error;
    }
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}

/** All of it, so that the connection can be used again; one that goes on for ever is cut. */
async function read(response: IncomingMessage, secrets: readonly string[]): Promise<PostAnswer> {
  const { statusCode: status = 0, headers } = response;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    chunks.push(Buffer.from(chunk));
    bytes += chunk.length;
    if (bytes > readBytes) break;
  }
  // What is cut first keeps the beginning of a secret that lies across the edge.
  const text = hidden(Buffer.concat(chunks).toString(), secrets).replace(/\s+/g, " ").trim().slice(0, shownBytes);
  return { status, retryAfter: headers["retry-after"], text };
}

/** Also as JSON or a URL would have them. The longest first, since one may hold another one. */
function hidden(text: string, secrets: readonly string[]): string {
  const forms = secrets.flatMap((each) => [each, JSON.stringify(each).slice(1, -1), encodeURIComponent(each)]);
  return forms.sort((a, b) => b.length - a.length).reduce((rest, form) => rest.replaceAll(form, "…"), text);
}

/** Of a failure of any kind: a host with several addresses fails with several errors, which have no words of their own. */
export function whyOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(", ");
  return messageOf(error);
}
