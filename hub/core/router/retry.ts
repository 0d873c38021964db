/** Decides whether a request may be sent a second time after its connection broke. */

/** Methods that do no more when they come twice (RFC 9110, 9.2.2). */
const idempotent: ReadonlySet<string> = new Set(["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]);

/** Methods that change nothing (RFC 9110, 9.2.1). */
const safe: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

export const isSafe = (method: string) => safe.has(method);

export const isIdempotent = (method: string) => idempotent.has(method);

export interface Attempt {
  method: string;
  /** Whether bytes of its body were taken from the client: they are gone. */
  bodyTaken: boolean;
  /** How often it was sent already. */
  sent: number;
}

/** Nothing of a response had come. A request that never reached a target is no attempt: it goes on waiting. */
export const mayRetry = ({ method, bodyTaken, sent }: Attempt): boolean =>
  isIdempotent(method) && !bodyTaken && sent < 2;
