/** Draws JSON values from a JSON schema, as far as the hub's OpenAPI document uses it, and values that are none of it. */
import fc from "fast-check";

export type Schema = Record<string, unknown>;

export function fromSchema(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum);
  if (Array.isArray(schema.anyOf)) return fc.oneof(...schema.anyOf.map((one) => fromSchema(one as Schema))); // as JSON schema has it
  if (Array.isArray(schema.type)) return fc.oneof(...schema.type.map((type) => fromSchema({ ...schema, type })));
  const number = (key: string) => (typeof schema[key] === "number" ? schema[key] : undefined);
  switch (schema.type) {
    case "string":
      return stringOf(schema, number("minLength") ?? 0, number("maxLength") ?? 40);
    case "integer":
      return fc.integer({
        min: Math.max(number("minimum") ?? -100, -1e9),
        max: Math.min(number("maximum") ?? 100, 1e9),
      });
    case "number":
      return fc.integer({
        min: Math.ceil((number("exclusiveMinimum") ?? -1) + 1),
        max: Math.max(1, Math.floor(number("maximum") ?? number("exclusiveMaximum") ?? 1_000)),
      });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return fc.array(fromSchema(schema.items as Schema), { maxLength: 3 }); // as JSON schema has it
    case "object":
      return objectOf(schema);
    case undefined:
      return fc.jsonValue({ maxDepth: 3 });
    default:
      throw new Error(`a schema of type ${String(schema.type)} is not known here`);
  }
}

/** Something that is mostly not what the schema asks for: a part is missing, one too many, or of another type. */
export function besideSchema(schema: Schema): fc.Arbitrary<unknown> {
  const value = fromSchema(schema);
  const odd = fc.jsonValue({ maxDepth: 2 });
  const spoiled = fc.tuple(value, fc.nat(), odd).map(([whole, at, other]) => {
    if (typeof whole !== "object" || whole === null) return other;
    const keys = Object.keys(whole);
    const key = keys[at % Math.max(keys.length, 1)] ?? "odd";
    const { [key]: _, ...rest } = whole as Schema; // an object
    return at % 3 === 0 ? rest : at % 3 === 1 ? { ...rest, [key]: other } : { ...whole, odd: other };
  });
  return fc.oneof(spoiled, odd);
}

function stringOf({ pattern }: Schema, minLength: number, maxLength: number): fc.Arbitrary<string> {
  if (typeof pattern === "string") return fc.stringMatching(new RegExp(pattern)).filter((text) => text.length <= 200);
  return fc.string({ minLength, maxLength: Math.min(maxLength, 40), unit: "grapheme" });
}

function objectOf({ properties = {}, required = [] }: Schema): fc.Arbitrary<unknown> {
  const parts: Record<string, fc.Arbitrary<unknown>> = {};
  // As JSON schema has it.
  for (const [key, part] of Object.entries(properties as Record<string, Schema>)) parts[key] = fromSchema(part);
  return fc.record(parts, { requiredKeys: required as string[] }); // the same
}
