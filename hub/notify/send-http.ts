/** One HTTP request to somebody else's server: within a deadline, without following it elsewhere, and with errors that repeat no URL. */
import { messageOf } from "../io/log.ts";

export interface HttpMessage {
  method: "GET" | "POST";
  headers?: Record<string, string>;
  body?: string;
}

const shownBytes = 200;

/** Resolves when the server took it. */
export async function sendHttp(
  url: URL,
  { method, headers = {}, body }: HttpMessage,
  signal: AbortSignal,
): Promise<void> {
  const init = { method, headers, signal, redirect: "manual" as const, ...(body === undefined ? {} : { body }) };
  const answer = await fetch(url, init).catch((error: unknown) => {
    throw new Error(why(error, signal));
  });
  if (answer.ok) return void (await answer.body?.cancel());
  const said = await beginning(answer);
  throw new Error(`it answered ${answer.status}${said === "" ? "" : `: ${said}`}`);
}

/** A body may go on for ever. */
async function beginning(answer: Response): Promise<string> {
  const reader = answer.body?.getReader();
  try {
    const first = await reader?.read();
    return Buffer.from(first?.value ?? [])
      .toString()
      .replace(/\s+/g, " ")
      .trim()
      .slice(0, shownBytes);
  } catch {
    return "";
  } finally {
    await reader?.cancel().catch(() => {});
  }
}

function why(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return "no answer in time";
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  return messageOf(cause ?? error);
}
