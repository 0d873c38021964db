/** Fetches an agent's metrics by one HTTP GET: within its deadline and a bound on the body, before and after inflation. */
import { isUtf8 } from "node:buffer";
import { type IncomingMessage, request } from "node:http";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { ScrapeConfig } from "../../config.ts";
import type { ScrapeAnswer } from "../../core/scrape.ts";
import { startDeadline } from "../probe/deadline.ts";
import { answerOfError, foreignAnswer } from "../probe/socket-error.ts";

export type Fetched = { type: "answer"; answer: ScrapeAnswer } | { type: "failed"; reason: string };

export interface FetchOptions {
  /** Largest body, bytes, both as sent and after inflation. */
  maxBodyBytes: number;
  /** Monotonic ms. */
  clock: () => number;
  /** Ends the fetch; what it resolves with then means nothing. */
  signal: AbortSignal;
}

/** Text is what records hold; an agent that would rather send protobuf or OpenMetrics is not given the choice. */
const accept = "text/plain;version=0.0.4";

const inflate = promisify(gunzip);

/** Never rejects. */
export async function fetchMetrics(config: ScrapeConfig, options: FetchOptions): Promise<Fetched> {
  const deadline = startDeadline(config.deadlineMs, options.clock);
  const late: Promise<Fetched> = deadline.expired.then(() => {
    const { host, port, path, deadlineMs } = config;
    return failed(`GET http://${host}:${port}${path} had no whole answer within ${deadlineMs} ms`);
  });
  const fetched = await get(config, options, late);
  deadline.clear();
  return fetched;
}

function get(config: ScrapeConfig, options: FetchOptions, late: Promise<Fetched>): Promise<Fetched> {
  const { host, port, path } = config;
  return new Promise((resolve) => {
    // No connection is kept: until the next scrape most servers close it anyway, and one that serves a single connection at
    // a time would answer nobody else meanwhile, not even the probe of its health.
    const headers = { accept, "accept-encoding": "gzip", connection: "close" };
    const asked = request({ host, port, path, headers, agent: false, signal: options.signal });
    const settle = (fetched: Fetched) => {
      resolve(fetched);
      asked.destroy();
    };
    void late.then(settle);
    asked.on("error", (error) => settle(failed(reasonOf(error, `${host}:${port}`))));
    asked.on("response", (response) => {
      receive(response, options.maxBodyBytes)
        .then((bytes) => decode(response, bytes, options.maxBodyBytes))
        .then(settle, (error: Error) => settle(failed(error.message))); // both reject with an Error that has the reason
    });
    asked.end();
  });
}

function receive(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > maxBytes) reject(new Error(`its answer is longer than ${maxBytes} bytes`));
    });
    response.on("end", () => resolve(Buffer.concat(chunks)));
    response.on("error", () => reject(new Error("the connection was closed in the middle of its answer")));
  });
}

async function decode(response: IncomingMessage, received: Buffer, maxBytes: number): Promise<Fetched> {
  const { statusCode = 0, headers } = response;
  const encoding = (headers["content-encoding"] ?? "identity").toLowerCase();
  if (encoding !== "gzip" && encoding !== "identity") return failed(`it encodes its answer as ${encoding}, unasked`);
  const bytes = encoding === "gzip" ? await inflated(received, maxBytes) : received;
  if (!isUtf8(bytes)) return failed("its answer is not UTF-8");
  const mediaType = (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const answer = { status: statusCode, mediaType, location: headers.location, text: bytes.toString("utf8") };
  return { type: "answer", answer };
}

async function inflated(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  try {
    return await inflate(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException; // zlib throws nothing else
    const tooLarge = code === "ERR_BUFFER_TOO_LARGE";
    throw new Error(
      tooLarge ? `its answer inflates to more than ${maxBytes} bytes` : `its answer is no gzip, as it says: ${message}`,
    );
  }
}

function reasonOf(error: Error, place: string): string {
  const { reason } = foreignAnswer(error, place) ?? answerOfError(error, place);
  return reason;
}

const failed = (reason: string): Fetched => ({ type: "failed", reason });
