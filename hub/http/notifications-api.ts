/** Answers what is asked about notifications and silences; orders are taken from this machine and from who is signed in. */
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  type ChannelView,
  type NotificationsView,
  notificationsPath,
  notificationTestPath,
  SilenceOrder,
  type SilenceView,
  silencesPath,
  type TestAnswer,
  type TestedChannel,
  TestOrder,
} from "./notifications-json.ts";
import {
  type Answer,
  byOf,
  nobody,
  notAllowed,
  pathOf,
  readOrder,
  reads,
  refusalOf,
  type SignedIn,
  sendAnswer,
} from "./orders.ts";

export interface NotificationsApiOptions {
  machine: string;
  channels(): ChannelView[];
  deadMansSwitch(): NotificationsView["deadMansSwitch"];
  /** Undefined when there is no such channel. */
  test(severity: "urgent" | "warning", channel?: string): Promise<TestedChannel[] | undefined>;
  silences: {
    /** Undefined when the target may be of an alert. */
    whyNoTarget(target: string): string | undefined;
    views(): SilenceView[];
    begin(order: SilenceOrder & { by: string }): Promise<SilenceView>;
    end(target: string, by: string): Promise<SilenceView | undefined>;
  };
  /** @default nobody ever is */
  signedIn?: SignedIn;
}

/** The peer takes no more than 1,000 with those that are over. */
const maxSilences = 500;
const paths: readonly string[] = [notificationsPath, notificationTestPath, silencesPath];
export const EndSilence = SilenceOrder.pick({ target: true, by: true });

/** The handler resolves with false, without an answer given, when the path is none of this API's. */
export function createNotificationsApi(
  options: NotificationsApiOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  return async (request, response) => {
    const path = pathOf(request);
    if (!paths.includes(path)) return false;
    sendAnswer(request, response, refusalOf(request, options.signedIn) ?? (await answerTo(options, path, request)));
    return true;
  };
}

async function answerTo(options: NotificationsApiOptions, path: string, request: IncomingMessage): Promise<Answer> {
  if (path === silencesPath) return await silences(options, request);
  if (path === notificationTestPath)
    return request.method === "POST" ? await test(options, request) : notAllowed("POST");
  if (!reads(request)) return notAllowed("GET");
  const { machine, channels, deadMansSwitch } = options;
  const now = new Date().toISOString();
  const view: NotificationsView = { machine, now, channels: channels(), deadMansSwitch: deadMansSwitch() };
  return { status: 200, body: view };
}

async function test({ machine, test, channels }: NotificationsApiOptions, request: IncomingMessage): Promise<Answer> {
  const order = await readOrder(request, TestOrder);
  if (order.error !== undefined) return order.error;
  const { channel, severity } = order.value;
  const names = channels().map(({ name }) => name);
  if (names.length === 0) return { status: 409, body: { error: `the hub of ${machine} has no channel` } };
  const tested = await test(severity, channel);
  if (tested === undefined)
    return { status: 404, body: { error: `there is no channel ${channel}; there are ${names.join(", ")}` } };
  const body: TestAnswer = { machine, ok: tested.every(({ ok }) => ok), channels: tested };
  return { status: 200, body };
}

async function silences(
  { silences: desk, signedIn }: NotificationsApiOptions,
  request: IncomingMessage,
): Promise<Answer> {
  switch (request.method) {
    case "GET":
    case "HEAD":
      return { status: 200, body: desk.views() };
    case "POST": {
      const order = await readOrder(request, SilenceOrder);
      if (order.error !== undefined) return order.error;
      const error = desk.whyNoTarget(order.value.target);
      if (error !== undefined) return { status: 404, body: { error } };
      const held = desk.views();
      if (held.length >= maxSilences && !held.some(({ target }) => target === order.value.target))
        return {
          status: 409,
          body: { error: `${maxSilences} silences are held already; end one, or silence an alert by its name alone` },
        };
      const by = byOf(request, signedIn, order.value.by);
      return by === undefined ? nobody : { status: 200, body: await desk.begin({ ...order.value, by }) };
    }
    case "DELETE": {
      const order = await readOrder(request, EndSilence);
      if (order.error !== undefined) return order.error;
      const by = byOf(request, signedIn, order.value.by);
      if (by === undefined) return nobody;
      const ended = await desk.end(order.value.target, by);
      return ended === undefined
        ? { status: 404, body: { error: `${order.value.target} is not silenced` } }
        : { status: 200, body: ended };
    }
    default:
      return notAllowed("GET, POST, DELETE");
  }
}
