/** What an operator who signed in does from the page: orders to the hub that served it, which says in words what came of them. */
import type { SessionView, sessionPath } from "../http/session-json.ts";
import { wordsOf } from "./answers.ts";

/** One is open at a time. */
export type OrderForm =
  /** `target` is a machine, or `machine/name` of an agent. */
  | { kind: "maintenance"; target: string }
  | { kind: "switchover"; service: string; from: string; to: string }
  /** `target` is an alert's name and subject. */
  | { kind: "silence"; target: string };

export interface OperatorState {
  /** Missing until somebody signed in. */
  session?: SessionView;
  form?: OrderForm;
  busy?: boolean;
  /** What came of the last order. */
  said?: { ok: boolean; text: string };
}

/** What stands in the fields of a form. */
export interface OrderFields {
  minutes: number;
  reason: string;
}

export interface Outcome {
  ok: boolean;
  text: string;
}

const path: typeof sessionPath = "/api/v1/session";
/** A switchover waits until the service has moved, ms. */
const deadlineMs = 30_000;

export const hasSignInCode = (): boolean => location.hash.startsWith("#sign-in=");

/** Takes the code out of the address before anything else, so that it stays in no history. */
export function takeSignInCode(): string | undefined {
  const code = /^#sign-in=(.+)$/.exec(location.hash)?.[1];
  if (code !== undefined) history.replaceState(null, "", location.pathname + location.search);
  return code === undefined ? undefined : decodeURIComponent(code);
}

/** Remembered, so that a hub is not asked for the session of everybody who ever looks. */
const wasSignedInKey = "tandem-was-signed-in";

export async function signIn(code: string): Promise<Outcome> {
  const outcome = await send("POST", path, { code });
  if (outcome.ok) localStorage.setItem(wasSignedInKey, "yes");
  return outcome;
}

export async function signOut(): Promise<Outcome> {
  const outcome = await send("DELETE", path, {});
  if (outcome.ok) localStorage.removeItem(wasSignedInKey);
  return outcome;
}

/** Who is signed in here; undefined when nobody is, or the hub knows no signing in; `unknown` when it does not say. */
export async function readSession(): Promise<SessionView | "unknown" | undefined> {
  if (localStorage.getItem(wasSignedInKey) === null) return undefined;
  try {
    const answer = await fetch(path, { signal: AbortSignal.timeout(deadlineMs) });
    if (answer.status >= 400 && answer.status < 500) localStorage.removeItem(wasSignedInKey);
    if (answer.status >= 500) return "unknown";
    if (!answer.ok) return undefined;
    const view: Partial<SessionView> | null = await answer.json();
    return typeof view?.by === "string" && typeof view.until === "string"
      ? { by: view.by, until: view.until }
      : undefined;
  } catch {
    return "unknown";
  }
}

export async function give(form: OrderForm, { minutes, reason }: OrderFields, by: string): Promise<Outcome> {
  switch (form.kind) {
    case "maintenance":
      return saying(
        await send("POST", "/api/v1/maintenance", { target: form.target, minutes, reason, by }),
        `${form.target} is under maintenance for ${minutes} min`,
      );
    case "silence":
      return saying(
        await send("POST", "/api/v1/silences", { target: form.target, minutes, reason, by }),
        `${form.target} is silenced for ${minutes} min`,
      );
    case "switchover":
      return await send("POST", `/api/v1/services/${encodeURIComponent(form.service)}/switchover`, { to: form.to });
  }
}

export async function endMaintenance(target: string, by: string): Promise<Outcome> {
  return saying(await send("DELETE", "/api/v1/maintenance", { target, by }), `maintenance of ${target} is over`);
}

export async function endSilence(target: string, by: string): Promise<Outcome> {
  return saying(await send("DELETE", "/api/v1/silences", { target, by }), `${target} is silenced no more`);
}

/** Success in our words, since the hub then answers with a view; trouble in the hub's. */
const saying = (outcome: Outcome, text: string): Outcome => (outcome.ok ? { ok: true, text } : outcome);

async function send(method: string, path: string, body: unknown): Promise<Outcome> {
  try {
    const answer = await fetch(path, {
      method,
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
      signal: AbortSignal.timeout(deadlineMs),
    });
    const words = wordsOf(await answer.text());
    return { ok: answer.ok, text: words === "" ? `the hub answered ${answer.status}` : words };
  } catch {
    return { ok: false, text: "the hub that served this page does not answer; it may have done it all the same" };
  }
}
