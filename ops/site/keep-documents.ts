/** Has documents kept by a pair: those that one hub cannot keep are given to the other. */
import { isDeepStrictEqual } from "node:util";
import { isLater } from "../../hub/core/document.ts";
import { messageOf } from "../../hub/io/log.ts";
import { type Answer, answerOf, type Order } from "../deploy/orders.ts";
import { type DocumentWritten, documentOrder, documentWritten } from "./documents.ts";
import type { OrderHeaders } from "./operator-token.ts";

export interface DocumentToKeep {
  kind: string;
  /** @example "pc2/TutorAgent" */
  key: string;
  /** Who writes, for people. */
  by: string;
  /** JSON. */
  value: unknown;
  /** Revision that it replaces; null: there must be none yet. @default whatever stands there */
  replaces?: string | null;
}

/** Gives orders to one hub; one answer an order. Once the signal is aborted, it gives no more. Never throws. */
export type GiveOrders = (orders: readonly Order[], signal?: AbortSignal) => Promise<Answer[]>;

const orderMs = 15_000;

/** @param hubs one after the other */
export async function keepDocuments(
  documents: readonly DocumentToKeep[],
  hubs: readonly GiveOrders[],
): Promise<DocumentWritten[]> {
  const written = documents.map((): DocumentWritten => ({ kind: "failed", text: "there is no hub" }));
  for (const give of hubs) {
    const open = documents.flatMap((document, i) => (written[i]?.kind === "failed" ? [{ document, i }] : []));
    if (open.length === 0) break;
    const answers = await give(open.map(({ document: { kind, key, ...put } }) => documentOrder(kind, key, put)));
    for (const [at, { document, i }] of open.entries()) written[i] = outcomeOf(document, answers[at]);
  }
  return written;
}

/** What stands there already was kept by an order whose answer was lost. */
function outcomeOf(
  { value, replaces = null }: DocumentToKeep,
  answer: Answer = { ok: false, text: "no answer" },
): DocumentWritten {
  const outcome = documentWritten(answer);
  if (outcome.kind !== "conflict") return outcome;
  const { present } = outcome;
  if (present !== null && isDeepStrictEqual(present.value, value))
    return { kind: "stored", revision: present.revision, copies: 1 };
  // A hub that has just come back has not heard yet of what the other one took: that one is to be asked.
  const isBehind = replaces !== null && (present === null || isLater(replaces, present.revision));
  return isBehind ? { kind: "failed", text: "the hub does not hold yet what the other one took" } : outcome;
}

/** At its port: for a hub of a local run, or one that takes what the headers show. @param hub base URL */
export function givingTo(hub: string, shown: OrderHeaders = {}): GiveOrders {
  return (orders, signal) => Promise.all(orders.map((order) => giveOne(hub, shown, order, signal)));
}

async function giveOne(
  hub: string,
  shown: OrderHeaders,
  { method, path, body }: Order,
  calledOff?: AbortSignal,
): Promise<Answer> {
  try {
    const headers = { "content-type": "application/json", ...shown };
    const late = AbortSignal.timeout(orderMs);
    const signal = calledOff === undefined ? late : AbortSignal.any([late, calledOff]);
    const answer = await fetch(`${hub}${path}`, { method, headers, body: JSON.stringify(body), signal });
    return answerOf({ status: answer.status, body: await answer.text() });
  } catch (error) {
    return { ok: false, text: `${hub}: ${messageOf(error)}` };
  }
}
