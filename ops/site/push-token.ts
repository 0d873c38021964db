/** The token by which commands push, where the site's hubs ask for one: what the file holds that the environment names. */
import { readFileSync } from "node:fs";
import { OperatorError } from "../error.ts";

/** Names a file, since the environment of a process is for all of its user to read. */
export const pushTokenVariable = "TANDEM_PUSH_TOKEN_FILE";

/** A renewed token counts after this, ms. */
const keptMs = 5_000;
let kept: { path: string; readAtMs: number; headers: PushHeaders } | undefined;

export type PushHeaders = { authorization?: string };

/** Headers of a push; none where no file is named. @throws OperatorError when the file cannot be read or holds none */
export function pushHeaders(path = process.env[pushTokenVariable] ?? ""): PushHeaders {
  if (path === "") return {};
  const nowMs = performance.now();
  if (kept?.path !== path || nowMs - kept.readAtMs > keptMs)
    kept = { path, readAtMs: nowMs, headers: { authorization: `Bearer ${readToken(path)}` } };
  return kept.headers;
}

function readToken(path: string): string {
  const refuse = (why: string) =>
    new OperatorError(
      "push-token.unreadable",
      `${path}: ${why}`,
      `Name in ${pushTokenVariable} a file with a token; docs/access.md`,
    );
  let text: string;
  try {
    text = readFileSync(path, "utf8").trim();
  } catch (error) {
    throw refuse(String((error as NodeJS.ErrnoException).code)); // fs errors carry a code
  }
  if (!/^[\x21-\x7e]+$/.test(text)) throw refuse("it holds no token: one line without spaces");
  return text;
}
