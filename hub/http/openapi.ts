/** Makes the OpenAPI document of the table of operations and its zod schemas. */
import { z } from "zod";
import { type AnswerShape, type Operation, text } from "./operations/operation.ts";
import { namedSchemas, operations } from "./operations/table.ts";

type Json = Record<string, unknown>;

const registry = z.registry<{ id: string }>();
for (const [id, schema] of Object.entries(namedSchemas)) registry.add(schema, { id });

/** Of a hub that is being replaced; the next one answers in its place. */
const replaced = "the hub is being replaced, and the next one does not answer yet";
/** Before it is looked at what is asked, or when that fails: they may come to each, and stand in none. */
const ofEach = {
  421: text("asked by a public name that this hub does not answer to (`hub.allowedHosts`)"),
  426: text(
    "asked without TLS, which this hub takes from its own machine only, or from nobody; the text says what to ask",
  ),
  500: text("the hub failed at this request; its log says more"),
} satisfies Record<number, AnswerShape>;
const description = [
  "Either hub answers for the whole pair. Whatever reads by GET answers a HEAD with its headers.",
  "What begins with /internal/ is what the hubs ask each other, and no part of this: at a hub that speaks TLS anybody else gets 403.",
].join(" ");

export function openApiDocument(version: string): Json {
  const paths: Record<string, Json> = {};
  for (const [operationId, operation] of Object.entries<Operation>(operations)) {
    const { path, method } = operation;
    paths[path] = { ...paths[path], [method]: operationObject(operationId, operation) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Tandem's hub",
      version,
      description,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    paths,
    components: { schemas: components() },
  };
}

function operationObject(operationId: string, operation: Operation): Json {
  const { summary, params = {}, query, headers = {}, body, order, answers } = operation;
  const parameters = [
    ...Object.entries(params).map(([name, schema]) => ({
      name,
      in: "path",
      required: true,
      schema: schemaObject(schema, "input"),
    })),
    ...Object.entries(query?.shape ?? {}).map(([name, schema]) => ({
      name,
      in: "query",
      required: !z.safeParse(schema as z.ZodType, undefined).success, // a shape holds schemas
      schema: schemaObject(schema as z.ZodType, "input"), // the same
    })),
    ...Object.entries(headers).map(([name, description]) => ({
      name,
      in: "header",
      required: false,
      description,
      schema: { type: "string" },
    })),
  ];
  return {
    operationId,
    summary,
    ...(order ? { description: "Taken from an operator only." } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body === undefined ? {} : { requestBody: { required: "json" in body, content: bodyContent(body) } }),
    responses: responses(answers),
  };
}

function responses(answers: Operation["answers"]): Json {
  const { 503: busy, ...others } = answers;
  const all = {
    ...ofEach,
    ...others,
    503: { ...busy, what: busy ? `${busy.what}; or ${replaced}` : replaced, text: "text/plain" },
  };
  return Object.fromEntries(
    Object.entries<AnswerShape>(all).map(([status, { what, json, text }]) => [
      status,
      { description: what, content: answerContent(json, text) },
    ]),
  );
}

/** Events are lines of text, each with one of the schema. */
function answerContent(json: z.ZodType | undefined, text: string | undefined): Json {
  const schema = json && schemaObject(json, "output");
  if (text === "text/event-stream") return { [text]: { schema: { type: "string" }, "x-data": schema } };
  return {
    ...(schema ? { "application/json": { schema } } : {}),
    ...(text ? { [text]: { schema: { type: "string" } } } : {}),
  };
}

function bodyContent(body: NonNullable<Operation["body"]>): Json {
  if ("text" in body) return { [body.text]: { schema: { type: "string" } } };
  return { "application/json": { schema: schemaObject(body.json, "input") } };
}

/** Named schemas are referred to; all of them stand in the components. */
function schemaObject(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _, $defs: __, ...rest } = z.toJSONSchema(schema, { metadata: registry, io });
  const whole = JSON.parse(JSON.stringify(rest).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json; // it was an object
  return io === "output" ? open(whole) : whole;
}

/** A later hub may answer with more: who checks answers by this document is not to refuse that. */
const open = (schema: Json): Json =>
  // It was an object.
  JSON.parse(JSON.stringify(schema), (key, value) =>
    key === "additionalProperties" && value === false ? undefined : value,
  ) as Json;

function components(): Json {
  const { schemas } = z.toJSONSchema(registry, { uri: (id) => `#/components/schemas/${id}` });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, { $schema: _, $id: __, ...schema }]) => [id, open(schema as Json)]), // each is an object
  );
}
