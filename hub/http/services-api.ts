/** Answers what is asked about services and maintenance: anybody reads, and orders are taken from an operator. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { MaintenanceWindow, mostWindows } from "../core/maintenance.ts";
import type { MaintenanceView, ServiceJson } from "./api.ts";
import {
  type Answer,
  byOf,
  decodePart,
  nobody,
  notAllowed,
  pathOf,
  readOrder,
  reads,
  refusalOf,
  type SignedIn,
  sendAnswer,
} from "./orders.ts";

/** What came of an order. */
export interface OrderOutcome {
  ok: boolean;
  /** What happened, or why nothing did. */
  text: string;
}

export interface ServicesApiOptions {
  services(): ServiceJson[];
  take(service: string, confirmPeerDead: boolean): Promise<OrderOutcome>;
  switchover(service: string): Promise<OrderOutcome>;
  /** Somebody ordered something of a service, and this came of it. @default nobody is told */
  ordered?(service: string, what: string): void;
  maintenance: {
    views(): MaintenanceView[];
    knows(target: string): boolean;
    begin(word: Required<z.infer<typeof Begin>>): Promise<MaintenanceView>;
    end(target: string, by: string): Promise<MaintenanceView | undefined>;
  };
  /** @default nobody ever is */
  signedIn?: SignedIn;
}

const servicesPath = "/api/v1/services";
const maintenancePath = "/api/v1/maintenance";
const longestMinutes = 30 * 24 * 60;

/** Both are shown in terminals. */
const printable = /^\P{Cc}*$/u;
const unprintable = "no control characters";

export const Take = z.strictObject({ confirmPeerDead: z.boolean().default(false) });
export const Switchover = z.strictObject({
  /** The machine that it should go to. @default the other one than its owner */
  to: z.string().optional(),
});
export const Begin = z.strictObject({
  /** A machine, or `machine/name` of an agent. */
  target: z.string().min(1),
  minutes: z.number().positive().max(longestMinutes),
  // What the peer's hub and the file would not take must not get as far as there.
  reason: MaintenanceWindow.shape.reason.min(1).regex(printable, unprintable),
  /** Of somebody who is signed in, that is known. */
  by: MaintenanceWindow.shape.by.min(1).regex(printable, unprintable).optional(),
});
export const End = Begin.pick({ target: true, by: true });

/** The handler resolves with false, without an answer given, when the path is none of this API's. */
export function createServicesApi(
  options: ServicesApiOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  return async (request, response) => {
    const path = pathOf(request);
    if (path !== maintenancePath && path !== servicesPath && !path.startsWith(`${servicesPath}/`)) return false;
    sendAnswer(request, response, refusalOf(request, options.signedIn) ?? (await answerTo(options, path, request)));
    return true;
  };
}

async function answerTo(options: ServicesApiOptions, path: string, request: IncomingMessage): Promise<Answer> {
  if (path === maintenancePath) return await maintenance(options, request);
  const [name = "", verb] = path
    .slice(servicesPath.length + 1)
    .split("/")
    .map(decodePart);
  if (name === "") return reads(request) ? { status: 200, body: options.services() } : notAllowed("GET");
  const service = options.services().find((candidate) => candidate.name === name);
  if (service === undefined) return { status: 404, body: { error: `no agent ${name} has a standby` } };
  if (verb === undefined) return reads(request) ? { status: 200, body: service } : notAllowed("GET");
  if (verb !== "take" && verb !== "switchover") return { status: 404, body: { error: `nothing at ${path}` } };
  if (request.method !== "POST") return notAllowed("POST");
  return verb === "take" ? await take(options, service, request) : await switchover(options, service, request);
}

async function take(options: ServicesApiOptions, { name }: ServiceJson, request: IncomingMessage): Promise<Answer> {
  const order = await readOrder(request, Take);
  if (order.error !== undefined) return order.error;
  const { confirmPeerDead } = order.value;
  const verb = confirmPeerDead ? "take, the peer being off" : "take";
  return told(options, request, name, verb, await options.take(name, confirmPeerDead));
}

async function switchover(
  options: ServicesApiOptions,
  service: ServiceJson,
  request: IncomingMessage,
): Promise<Answer> {
  const order = await readOrder(request, Switchover);
  if (order.error !== undefined) return order.error;
  const { name, owner, home, standby } = service;
  const { to } = order.value;
  if (to !== undefined && to !== home && to !== standby)
    return { status: 400, body: { error: `${name} stands on ${home} and ${standby}, not on ${to}` } };
  if (to === owner) return { status: 200, body: { ok: true, text: `${name} is on ${to} already` } };
  return told(options, request, name, "switchover", await options.switchover(name));
}

function told(
  { ordered, signedIn }: ServicesApiOptions,
  request: IncomingMessage,
  service: string,
  verb: string,
  result: OrderOutcome,
): Answer {
  ordered?.(
    service,
    `${verb}, by ${byOf(request, signedIn, undefined) ?? "an operator on this machine"}: ${result.text}`,
  );
  return { status: result.ok ? 200 : 409, body: result };
}

const tooMany: Answer = {
  status: 409,
  body: { error: `${mostWindows} are in maintenance already; end one, or put the whole machine into it` },
};

async function maintenance(options: ServicesApiOptions, request: IncomingMessage): Promise<Answer> {
  const { views, knows, begin, end } = options.maintenance;
  switch (request.method) {
    case "GET":
    case "HEAD":
      return { status: 200, body: views() };
    case "POST": {
      const word = await readOrder(request, Begin);
      if (word.error !== undefined) return word.error;
      const { target } = word.value;
      const by = byOf(request, options.signedIn, word.value.by);
      if (by === undefined) return nobody;
      if (!knows(target)) return { status: 404, body: { error: `${target} is no machine or agent of the fleet` } };
      const held = views();
      if (held.length >= mostWindows && !held.some((window) => window.target === target)) return tooMany;
      return { status: 200, body: await begin({ ...word.value, by }) };
    }
    case "DELETE": {
      const word = await readOrder(request, End);
      if (word.error !== undefined) return word.error;
      const by = byOf(request, options.signedIn, word.value.by);
      if (by === undefined) return nobody;
      const ended = await end(word.value.target, by);
      return ended === undefined
        ? { status: 404, body: { error: `${word.value.target} is not in maintenance` } }
        : { status: 200, body: ended };
    }
    default:
      return notAllowed("GET, POST, DELETE");
  }
}
