/** Signs browsers in and out: a code that the hub gave at its socket makes a cookie, which makes its page's orders an operator's. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { MaintenanceWindow } from "../core/maintenance.ts";
import { Attempts } from "../core/session/attempts.ts";
import type { Session } from "../session/session-token.ts";
import { type Sessions, sessionLastsMs } from "../session/sessions.ts";
import { codeLastsMs, maxCodes } from "../session/sign-in-codes.ts";
import { isTls } from "../tls/is-tls.ts";
import { type Answer, isSameOrigin, notAllowed, pathOf, readOrder, reads, refusalOf, sendAnswer } from "./orders.ts";
import { allSessionsPath, type SessionView, type SignInCode, sessionPath, signInCodesPath } from "./session-json.ts";

export interface SessionApiOptions {
  machine: string;
  sessions: Pick<Sessions, "newCode" | "signIn" | "sessionOf" | "signOut" | "signOutAll">;
  /** Wall ms. */
  nowMs(): number;
}

export const CodeOrder = z.strictObject({ by: MaintenanceWindow.shape.by.min(1) });
export const SignIn = z.strictObject({ code: z.string().min(1).max(100) });

export interface SessionApi {
  /** Resolves with false, without an answer given, when the path is none of this API's. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
  /** Who is signed in by this request. */
  signedIn(request: IncomingMessage): Session | undefined;
}

export function createSessionApi(options: SessionApiOptions): SessionApi {
  const { machine } = options;
  const attempts = new Attempts();
  const signedIn = (request: IncomingMessage) => {
    const token = cookieOf(request, cookieName(machine, request));
    return token === undefined ? undefined : options.sessions.sessionOf(token);
  };
  const answers: Record<string, (request: IncomingMessage) => Answer | Promise<Answer>> = {
    [sessionPath]: (request) => session(options, attempts, signedIn, request),
    [signInCodesPath]: (request) => refusalOf(request) ?? newCode(options, request),
    [allSessionsPath]: (request) => refusalOf(request) ?? signOutAll(options, request),
  };
  return {
    signedIn,
    async handle(request, response) {
      const answer = answers[pathOf(request)];
      if (answer === undefined) return false;
      sendAnswer(request, response, await answer(request));
      return true;
    },
  };
}

async function session(
  options: SessionApiOptions,
  attempts: Attempts,
  signedIn: SessionApi["signedIn"],
  request: IncomingMessage,
): Promise<Answer> {
  const present = signedIn(request);
  if (reads(request)) {
    if (present === undefined) return { status: 401, body: { error: "nobody is signed in: tandem sign-in says how" } };
    return { status: 200, body: viewOf(present) };
  }
  if (request.method !== "POST" && request.method !== "DELETE") return notAllowed("GET, POST, DELETE");
  if (!isSameOrigin(request)) return { status: 403, body: { error: "only this hub's own page signs in and out" } };
  if (request.method === "POST") return await signIn(options, attempts, request);
  if (present !== undefined) await options.sessions.signOut(present);
  const headers = { "set-cookie": setCookie(options.machine, request, "", 0) };
  return { status: 200, body: { ok: true, text: "signed out" }, headers };
}

async function signIn(
  { machine, sessions, nowMs }: SessionApiOptions,
  attempts: Attempts,
  request: IncomingMessage,
): Promise<Answer> {
  const order = await readOrder(request, SignIn);
  if (order.error !== undefined) return order.error;
  const address = request.socket.remoteAddress ?? "";
  // From here on in one go: however many come at once, each is counted before the next is looked at.
  const waitMs = attempts.waitMs(address, nowMs());
  if (waitMs !== undefined) {
    const error = "too many wrong codes were tried; wait a minute";
    return { status: 429, body: { error }, headers: { "retry-after": String(Math.ceil(waitMs / 1_000)) } };
  }
  const signed = sessions.signIn(order.value.code);
  if (signed === undefined) {
    attempts.wrong(address, nowMs());
    const error = "this code is wrong, was used already, or is too old; tandem sign-in makes a new one";
    return { status: 401, body: { error } };
  }
  const headers = { "set-cookie": setCookie(machine, request, signed.token, sessionLastsMs) };
  return { status: 200, body: viewOf(signed.session), headers };
}

async function newCode({ sessions }: SessionApiOptions, request: IncomingMessage): Promise<Answer> {
  if (request.method !== "POST") return notAllowed("POST");
  const order = await readOrder(request, CodeOrder);
  if (order.error !== undefined) return order.error;
  const made = sessions.newCode(order.value.by);
  if (made === undefined) {
    const error = `${maxCodes} codes wait to be used already; each ends after ${codeLastsMs / 60_000} minutes`;
    return { status: 429, body: { error } };
  }
  const body: SignInCode = { code: made.code, until: new Date(made.untilMs).toISOString() };
  return { status: 200, body };
}

async function signOutAll({ sessions }: SessionApiOptions, request: IncomingMessage): Promise<Answer> {
  if (request.method !== "DELETE") return notAllowed("DELETE");
  await sessions.signOutAll();
  return { status: 200, body: { ok: true, text: "everybody is signed out" } };
}

const viewOf = ({ by, untilMs }: Session): SessionView => ({ by, until: new Date(untilMs).toISOString() });

/**
 * Cookies know no ports: both hubs may stand at one address, as through SSH tunnels. By TLS it is one that no server without TLS at the
 * same address gets to see or can make.
 */
function cookieName(machine: string, { socket }: IncomingMessage): string {
  return `${isTls(socket) ? "__Host-" : ""}tandem-session-${machine.replaceAll(/[^A-Za-z0-9_-]/g, "_")}`;
}

function setCookie(machine: string, request: IncomingMessage, value: string, lastsMs: number): string {
  const secure = isTls(request.socket) ? "; Secure" : "";
  const said = `${cookieName(machine, request)}=${value}; Path=/; Max-Age=${Math.round(lastsMs / 1_000)}`;
  return `${said}; HttpOnly; SameSite=Strict${secure}`;
}

function cookieOf({ headers }: IncomingMessage, name: string): string | undefined {
  const parts = (headers.cookie ?? "").split(";").map((part) => part.trim());
  return parts.find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);
}
