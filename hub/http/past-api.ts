/** Answers what is asked about the past: objectives and history, and what the peer's hub asks of both. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { keptMinutes } from "../core/history/ring.ts";
import { askedAtOnce, objectivesExchangePath } from "../core/objectives/exchange.ts";
import { sealedAnswer } from "../io/ask-peer.ts";
import { exchangedAtOnce, historyExchangePath } from "../io/history-exchange.ts";
import { nonceOf, type PeerSeals, sealHeader } from "../io/peer-seals.ts";
import {
  type AgentHistoryView,
  agentHistoryPath,
  type HistoryView,
  historyPath,
  mostAgentValues,
} from "./history-json.ts";
import { type ObjectivesView, objectivesPath } from "./objectives-json.ts";
import { type Answer, notAllowed, reads, sendAnswer } from "./orders.ts";

export interface PastApiOptions {
  seals: PeerSeals;
  objectives: { isRead: boolean; view(): ObjectivesView; counts(from: number, minutes?: number): unknown };
  history: {
    isRead: boolean;
    view(minutes: number, step: number): HistoryView;
    agents(minutes: number, step: number, agent?: string): AgentHistoryView | undefined;
    tell(from: number, minutes: number): unknown;
  };
}

const whole = (from: number, to: number) => z.coerce.number().int().min(from).max(to);
const Minute = whole(0, 2 ** 31 - 1);
const Steps = z
  .strictObject({ minutes: whole(1, keptMinutes).default(1_440), step: whole(1, keptMinutes).default(1) })
  .refine(({ minutes, step }) => step <= minutes, "step must not be more than minutes");
const AgentSteps = z
  .strictObject({
    minutes: whole(1, keptMinutes).default(60),
    step: whole(1, keptMinutes).optional(),
    agent: z.string().max(300).optional(),
  })
  // One that names no step gets as many values as there may be: 120 at most.
  .transform(({ step, ...asked }) => ({ ...asked, step: step ?? Math.ceil(asked.minutes / mostAgentValues) }))
  .refine(({ minutes, step }) => step <= minutes, "step must not be more than minutes")
  .refine(
    ({ minutes, step, agent }) => agent !== undefined || minutes / step <= mostAgentValues,
    `at most ${mostAgentValues} values of all agents; choose a larger step, or one agent`,
  );
const CountsAsked = z.strictObject({ from: Minute, minutes: whole(1, askedAtOnce).optional() });
const HistoryAsked = z.strictObject({ from: Minute, minutes: whole(1, exchangedAtOnce) });

type Handler = (query: Record<string, string>) => Answer;

/** The handler resolves with false, without an answer given, when the path is none of this API's. */
export function createPastApi({ seals, objectives, history }: PastApiOptions) {
  const ready =
    (part: { isRead: boolean }, answer: Handler): Handler =>
    (query) =>
      part.isRead ? answer(query) : notYet;
  const table = new Map<string, Handler>([
    [
      objectivesPath,
      ready(
        objectives,
        asked(z.object({}), () => objectives.view()),
      ),
    ],
    [
      objectivesExchangePath,
      ready(
        objectives,
        asked(CountsAsked, ({ from, minutes }) => objectives.counts(from, minutes)),
      ),
    ],
    [
      historyPath,
      ready(
        history,
        asked(Steps, ({ minutes, step }) => history.view(minutes, step)),
      ),
    ],
    [
      agentHistoryPath,
      ready(
        history,
        asked(AgentSteps, ({ minutes, step, agent }) => history.agents(minutes, step, agent)),
      ),
    ],
    [
      historyExchangePath,
      ready(
        history,
        asked(HistoryAsked, ({ from, minutes }) => history.tell(from, minutes)),
      ),
    ],
  ]);
  return async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    const [path = "", query = ""] = (request.url ?? "").split("?", 2);
    const handler = table.get(path);
    if (handler === undefined) return false;
    const answer = reads(request) ? handler(Object.fromEntries(new URLSearchParams(query))) : notAllowed("GET");
    const nonce = exchanged.has(path) && answer.status === 200 ? nonceOf(request) : undefined;
    if (nonce === undefined) sendAnswer(request, response, answer);
    else sendSealed(request, response, answer.body, seals, nonce);
    return true;
  };
}

/** What the peer's hub asks for. */
const exchanged: ReadonlySet<string> = new Set([objectivesExchangePath, historyExchangePath]);

function sendSealed(
  request: IncomingMessage,
  response: ServerResponse,
  body: unknown,
  seals: PeerSeals,
  nonce: string,
): void {
  const text = JSON.stringify(body);
  const seal = seals.sealsOf(nonce, sealedAnswer(request.url ?? ""), text);
  response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store", [sealHeader]: seal });
  response.end(request.method === "HEAD" ? undefined : text);
}

const notYet: Answer = { status: 503, body: { error: "the hub has not read its past back yet" } };

/** @param read gives undefined for an agent that is not there */
function asked<T>(schema: z.ZodType<T>, read: (query: T) => unknown): Handler {
  return (query) => {
    const parsed = schema.safeParse(query);
    if (!parsed.success) return { status: 400, body: { error: z.prettifyError(parsed.error) } };
    const body = read(parsed.data);
    return body === undefined ? { status: 404, body: { error: "the fleet has no such agent" } } : { status: 200, body };
  };
}
