/** The token by which commands push, where the site's hubs ask for one: what the file holds that the environment names. */
import { expiryHeader } from "../../hub/http/push-expiry.ts";
import { OperatorError } from "../error.ts";
import { readToken } from "./read-token.ts";

/** Names a file, since the environment of a process is for all of its user to read. */
export const pushTokenVariable = "TANDEM_PUSH_TOKEN_FILE";

/** A renewed token counts after this, ms. */
const keptMs = 5_000;
const tryMs = 2_000;
/** What a hub answers to a token that is none, another's, or was wrong too often. */
const refusals: readonly number[] = [401, 403, 429];
let kept: { path: string; readAtMs: number; headers: PushHeaders } | undefined;

export type PushHeaders = { authorization?: string };

/** Headers of a push; none where no file is named. @throws OperatorError when the file cannot be read or holds none */
export function pushHeaders(path = process.env[pushTokenVariable] ?? ""): PushHeaders {
  if (path === "") return {};
  const nowMs = performance.now();
  if (kept?.path !== path || nowMs - kept.readAtMs > keptMs)
    kept = { path, readAtMs: nowMs, headers: { authorization: `Bearer ${readToken(pushTokenVariable, path)}` } };
  return kept.headers;
}

/** The token of a client that runs long: a file that cannot be read for a while is no fault of the pair, so what it held is shown on. */
export class ShownToken {
  #last: PushHeaders | undefined;

  /** @throws OperatorError as `pushHeaders`, while there was none */
  headers(): PushHeaders {
    try {
      this.#last = pushHeaders();
    } catch (error) {
      if (this.#last === undefined || !(error instanceof OperatorError)) throw error;
    }
    return this.#last;
  }
}

/**
 * Asks each hub whether this command's token may write each of these groups, by a deletion whose number is none: the token is looked at
 * before the number, for which the rest is refused, so that nothing changes. A hub that does not answer refuses nobody.
 *
 * @param paths of groups, as `/metrics/job/…`
 * @throws OperatorError when a hub does not take this command's token for one of them, or the token cannot be read
 */
export async function requireWritable(hubs: Iterable<string>, paths: readonly string[]): Promise<void> {
  const headers = { ...pushHeaders(), "tandem-client": "tried", "tandem-seq": "none" };
  for (const hub of hubs) {
    for (const path of paths) {
      const signal = AbortSignal.timeout(tryMs);
      const answer = await fetch(`${hub}${path}`, { method: "DELETE", headers, signal }).catch(() => undefined);
      if (answer === undefined) break;
      const said = (await answer.text().catch(() => "")).trim();
      if (!refusals.includes(answer.status)) continue;
      throw new OperatorError(
        "push-token.refused",
        `${hub} does not let this command delete ${path}: ${answer.status} ${said}`,
        `Name in ${pushTokenVariable} a file with a token for the jobs of all agents that are migrated; docs/access.md`,
      );
    }
  }
}

/**
 * Pushes a group to each hub and takes it away again. A hub that does not answer, or has no room, refuses nobody.
 *
 * @param job of the group
 * @throws OperatorError when a hub does not take this command's token, or the token cannot be read
 */
export async function requirePushes(hubs: Iterable<string>, job: string): Promise<void> {
  const headers = pushHeaders();
  for (const hub of hubs) {
    const push = (method: string, sent: RequestInit) =>
      fetch(`${hub}/metrics/job/${job}`, { method, ...sent, signal: AbortSignal.timeout(tryMs) }).catch(
        () => undefined,
      );
    const body = "# TYPE push_tried gauge\npush_tried 1\n";
    const put = await push("PUT", { headers: { ...headers, [expiryHeader]: "60" }, body });
    const said = (await put?.text().catch(() => ""))?.trim() ?? "";
    if (put !== undefined && refusals.includes(put.status))
      throw new OperatorError(
        "push-token.refused",
        `${hub} takes no push of this command: ${put.status} ${said}`,
        `Name in ${pushTokenVariable} a file with a token for the job ${job}; docs/access.md`,
      );
    if (put?.ok) await (await push("DELETE", { headers }))?.arrayBuffer().catch(() => {});
  }
}
