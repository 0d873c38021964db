/** What an operation of the hub's API is: the one description from which the OpenAPI document and the client are made. */
import { z } from "zod";

export interface AnswerShape {
  /** When it is given. */
  what: string;
  /** Its body, where that is JSON. */
  json?: z.ZodType;
  /** Its media type, where that is text; both where it may be either. */
  text?: string;
}

export interface Operation {
  method: "get" | "put" | "post" | "delete";
  /** With its parts in braces. @example "/api/v1/services/{name}" */
  path: string;
  summary: string;
  params?: Record<string, z.ZodType<string>>;
  query?: z.ZodObject;
  /** Header fields that a client may send, with what they are for. */
  headers?: Record<string, string>;
  body?: { json: z.ZodType } | { text: string };
  /** Taken from an operator only: who may open the hub's socket, is signed in to its page, or shows an operator's token. */
  order?: boolean;
  /** By status; 421, 426, 500, and 503 of a hub that is being replaced may come to each, and stand in none. */
  answers: Record<number, AnswerShape>;
}

export const plain = "text/plain";
export const ErrorAnswer = z.strictObject({ error: z.string() });

/** What came of an order: what happened, or why nothing did. */
export const OrderResult = z.strictObject({ ok: z.boolean(), text: z.string() });

// Not declared as shapes: a client knows the type of an answer by its schema.
export const refused = (what: string) => ({ what, json: ErrorAnswer }) satisfies AnswerShape;
export const said = <Json extends z.ZodType>(what: string, json: Json) => ({ what, json }) satisfies AnswerShape;
export const text = (what: string, type = plain) => ({ what, text: type }) satisfies AnswerShape;

/** What every order may be answered beside its own answers. */
export const ofOrders = {
  400: refused("the body is no such order"),
  403: refused("it does not come from an operator"),
  408: refused("the body did not come in time"),
  413: refused("the body is too large"),
  415: refused("the body's type or encoding is not known"),
} as const;

/** What an order may be answered that is also taken with an operator's token. */
export const ofTokenOrders = {
  ...ofOrders,
  401: refused("its token is nobody's"),
  429: refused("too many wrong tokens came from its address; Retry-After says when"),
} as const;
