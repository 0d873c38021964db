/** Finds the ends of HTTP answers in what a connection receives: just enough of HTTP to measure with little work. */
export interface HttpAnswer {
  status: number;
  head: string;
}

const headEnd = "\r\n\r\n";
const lastChunk = "0\r\n\r\n";

/** One a connection; a connection has one request under way at a time. */
export class AnswerReader {
  #text = "";

  /** The answer, when this chunk completes it. */
  take(chunk: Buffer): HttpAnswer | undefined {
    this.#text += chunk.toString("latin1");
    const end = this.#text.indexOf(headEnd);
    if (end === -1) return undefined;
    const head = this.#text.slice(0, end);
    const body = end + headEnd.length;
    const chunked = /^transfer-encoding: *chunked/im.test(head);
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
    const complete = chunked ? this.#text.endsWith(lastChunk) : this.#text.length - body >= length;
    if (!complete) return undefined;
    this.#text = "";
    return { status: Number(head.slice(9, 12)), head };
  }
}
