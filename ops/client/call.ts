/** The requests and answers of a hub's operations as types, from the one table that its OpenAPI document is made of. */
import type { z } from "zod";
import type { Operation } from "../../hub/http/operations/operation.ts";
import { operations } from "../../hub/http/operations/table.ts";

type Operations = typeof operations;
export type OperationName = keyof Operations;

type Params<O> = O extends { params: infer P } ? { params: { [Name in keyof P]: string } } : object;
type Query<O> = O extends { query: infer Q extends z.ZodType } ? { query?: z.input<Q> } : object;
type Headers<O> = O extends { headers: infer H } ? { headers?: { [Name in keyof H]?: string } } : object;
type Body<O> = O extends { body: { json: infer J extends z.ZodType } }
  ? { body: z.input<J> }
  : O extends { body: { text: string } }
    ? { body: string }
    : object;

export type Arguments<N extends OperationName> = Params<Operations[N]> &
  Query<Operations[N]> &
  Headers<Operations[N]> &
  Body<Operations[N]>;

type ValueIn<A> = A extends { json: infer J extends z.ZodType } ? z.output<J> : string;
/** What the operation is for: its answer of 200, or 202. */
export type Value<N extends OperationName> = Operations[N] extends { answers: { 200: infer A } }
  ? ValueIn<A>
  : Operations[N] extends { answers: { 202: infer A } }
    ? ValueIn<A>
    : never;

export interface Call {
  operation: Operation;
  path: string;
  init: { method: string; headers: Record<string, string>; body?: string };
}

interface Said {
  params?: Record<string, string>;
  query?: Record<string, unknown>;
  headers?: Record<string, string | undefined>;
  body?: unknown;
}

export function callOf<N extends OperationName>(name: N, args: Arguments<N>): Call {
  const operation: Operation = operations[name];
  // The arguments are of this operation, whose parts are the four of `Said` at most.
  const { params = {}, query = {}, headers = {}, body } = args as Said;
  const path = operation.path.replace(/\{(\w+)\}/g, (_, part: string) => encodeURIComponent(params[part] ?? ""));
  const asked = Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]));
  const sent = Object.fromEntries(
    Object.entries(headers).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
  const isJson = operation.body !== undefined && "json" in operation.body;
  return {
    operation,
    path: asked.length === 0 ? path : `${path}?${new URLSearchParams(asked)}`,
    init: {
      method: operation.method.toUpperCase(),
      headers: isJson ? { "content-type": "application/json", ...sent } : sent,
      ...(body === undefined ? {} : { body: isJson ? JSON.stringify(body) : String(body) }),
    },
  };
}
