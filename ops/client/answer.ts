/** Reads what a hub answers by its schema; a hub of a newer version may tell more, which is left out. */
import { z } from "zod";

type Parsed<T> = { success: true; data: T } | { success: false; data?: undefined; error: z.ZodError };

export function safeParseAnswer<T>(schema: z.ZodType<T>, value: unknown): Parsed<T> {
  // As it stands first: of a union the first that fits loosely may not be the one that is meant.
  const strict = schema.safeParse(value);
  return strict.success ? strict : loose(schema).safeParse(value);
}

/** @throws z.ZodError when it is something else */
export function parseAnswer<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = safeParseAnswer(schema, value);
  if (!parsed.success) throw parsed.error;
  return parsed.data;
}

const looseOf = new WeakMap<z.core.$ZodType, z.core.$ZodType>();

/** The same schema whose objects strip what they do not know, however deep they stand. */
function loose<S extends z.core.$ZodType>(schema: S): S {
  const known = looseOf.get(schema);
  if (known !== undefined) return known as S; // made of it below
  const { def } = schema._zod;
  const parts = Object.entries(def).map(([key, part]) => [key, loosePart(part)]);
  const changed = { ...def, ...Object.fromEntries(parts) };
  if (schema instanceof z.ZodObject && schema.def.catchall instanceof z.ZodNever) changed.catchall = undefined;
  const made = z.core.clone(schema, changed);
  looseOf.set(schema, made);
  return made;
}

/** A schema's parts are schemas, lists and shapes of them, and functions that give one. */
function loosePart(part: unknown): unknown {
  if (part instanceof z.core.$ZodType) return loose(part);
  if (Array.isArray(part)) return part.map(loosePart);
  if (typeof part !== "object" || part === null || Object.getPrototypeOf(part) !== Object.prototype) return part;
  return Object.fromEntries(Object.entries(part).map(([key, one]) => [key, loosePart(one)]));
}
