/** One HTTP request to somebody else's server: within a deadline, without following it elsewhere, and with errors that repeat nothing secret. */
import { messageOf } from "../io/log.ts";
import type { Address } from "./secret-text.ts";

export interface HttpMessage {
  method: "GET" | "POST";
  headers?: Record<string, string>;
  body?: string;
}

const shownBytes = 200;

/** Resolves when the server took it. */
export async function sendHttp(
  { url, isSecret }: Address,
  { method, headers = {}, body }: HttpMessage,
  signal: AbortSignal,
): Promise<void> {
  const bare = new URL(url);
  [bare.username, bare.password] = ["", ""];
  const allHeaders = { ...credentialsOf(url), ...headers };
  const secrets = secretsOf(url, bare, allHeaders);
  const init = {
    method,
    headers: allHeaders,
    signal,
    redirect: "manual" as const,
    ...(body !== undefined && { body }),
  };
  const answer = await fetch(bare, init).catch((error: unknown) => {
    throw new Error(without(secrets, why(error, signal)));
  });
  if (answer.ok) return void (await answer.body?.cancel());
  // Servers like to repeat the path that they do not know.
  if (isSecret) void answer.body?.cancel().catch(() => {});
  const said = isSecret ? "" : without(secrets, await beginning(answer)).slice(0, shownBytes);
  throw new Error(`it answered ${answer.status}${said === "" ? "" : `: ${said}`}`);
}

/** fetch takes no URL with credentials, and repeats it in its error. */
function credentialsOf({ username, password }: URL): { authorization?: string } {
  if (username === "" && password === "") return {};
  const pair = `${decoded(username)}:${decoded(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}

/** Longest first, so that no part of one is left of another. */
function secretsOf(url: URL, bare: URL, { authorization = "" }: { authorization?: string }): string[] {
  const { pathname, search, username, password } = url;
  const paths = [url.href, bare.href, pathname, search, password, `${username}:${password}`].filter(
    (text) => text !== "/" && text !== ":",
  );
  return [...new Set([...paths, ...paths.map(decoded), authorization.split(" ").at(-1) ?? ""])]
    .filter((text) => text !== "")
    .toSorted((a, b) => b.length - a.length);
}

const without = (secrets: readonly string[], text: string): string =>
  secrets.reduce((rest, secret) => rest.replaceAll(secret, "…"), text);

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A body may go on for ever. */
async function beginning(answer: Response): Promise<string> {
  const reader = answer.body?.getReader();
  try {
    const first = await reader?.read();
    return Buffer.from(first?.value ?? [])
      .toString()
      .replace(/\s+/g, " ")
      .trim();
  } catch {
    return "";
  } finally {
    await reader?.cancel().catch(() => {});
  }
}

/** What fetch itself refuses to send it repeats in its message; what befell the connection is the cause. */
function why(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return "no answer in time";
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? "it could not be sent" : messageOf(cause);
}
