/** The hub's API held against its own OpenAPI document: requests drawn from the schemas, good and broken, to a real pair. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { HubEvent } from "../../hub/http/api.ts";
import type { Operation } from "../../hub/http/operations/operation.ts";
import { operations } from "../../hub/http/operations/table.ts";
import { BarePair } from "../support/bare-pair.ts";
import { besideSchema, fromSchema, type Schema } from "../support/schema-arbitrary.ts";

const Content = z.record(z.string(), z.object({ schema: z.record(z.string(), z.unknown()) }).loose());
const OperationObject = z.object({
  operationId: z.string(),
  parameters: z
    .array(
      z.object({
        name: z.string(),
        in: z.enum(["path", "query", "header"]),
        schema: z.record(z.string(), z.unknown()),
      }),
    )
    .default([]),
  requestBody: z.object({ content: Content }).optional(),
  responses: z.record(z.string(), z.object({ content: Content })),
});
type OperationObject = z.infer<typeof OperationObject>;
const Document = z.object({
  paths: z.record(z.string(), z.record(z.string(), OperationObject)),
  components: z.object({ schemas: z.record(z.string(), z.record(z.string(), z.unknown())) }),
});

interface Drawn {
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
}

/** Requests of each operation; a nightly run may want more. */
const runs = Number(process.env.TANDEM_FUZZ_RUNS ?? 40);
const streams = "/api/v1/events";
const folder = mkdtempSync(join(tmpdir(), "tandem-e2e-api-"));
const names = Object.values(operations).map(({ method, path }) => [method, path] as const);
let pair: BarePair;
let url: string;
let document: z.infer<typeof Document>;
let ajv: Ajv2020;
const validators = new Map<string, ValidateFunction>();

beforeAll(async () => {
  pair = await BarePair.make(join(folder, "pair"));
  await pair.start();
  url = pair.machines.mainpc.hubUrl;
  document = Document.parse(await (await fetch(`${url}/api/v1/openapi.json`)).json());
  ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: "hub", components: document.components });
});

afterAll(async () => {
  await pair?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe("a hub's API", { timeout: 120_000 }, () => {
  it("is described by both hubs alike, each operation of the table once", async () => {
    const paths = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => [method, path]),
    );
    expect(paths.toSorted()).toEqual(names.map((name) => [...name]).toSorted());
    const other = await (await fetch(`${pair.machines.pc2.hubUrl}/api/v1/openapi.json`)).json();
    expect(Document.parse(other)).toEqual(document);
  });

  it.each(names.filter(([, path]) => path !== streams))(
    "%s %s answers what it says that it does",
    async (method, path) => {
      const operation = document.paths[path]?.[method] ?? expect.unreachable();
      await fc.assert(
        fc.asyncProperty(requests(path, operation), async (drawn) => {
          await answered(method, operation, drawn);
        }),
        { numRuns: runs },
      );
    },
  );

  it.each(names.filter(([method]) => method === "get"))(
    "%s %s answers a HEAD with the headers alone",
    async (_, path) => {
      const filled = path.replace(/\{\w+\}/g, "none");
      const answer = await fetch(url + filled, { method: "HEAD" });
      expect([200, 401, 404], filled).toContain(answer.status);
      expect(await answer.text()).toBe("");
    },
  );

  it.each([...new Set(names.map(([, path]) => path))])(
    "%s answers 404 or 405 to a method that it does not have",
    async (path) => {
      const answer = await fetch(url + path.replace(/\{\w+\}/g, "none"), { method: "PATCH", body: "x" });
      expect([404, 405], await answer.text()).toContain(answer.status);
    },
  );

  it("tells events that are HubEvents, the fleet first", async () => {
    const answer = await fetch(url + streams);
    const reader = (answer.body ?? expect.unreachable()).getReader();
    let text = "";
    while (!/data: .*\n\n/.test(text)) text += new TextDecoder().decode((await reader.read()).value);
    await reader.cancel();
    const event: unknown = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? "");
    expect(event).toMatchObject({ type: "fleet" });
    expect(flaws({ $ref: "#/components/schemas/HubEvent" }, event)).toBe("");
    expect(HubEvent.safeParse(event).error).toBeUndefined();
  });

  it("has left the pair in sync, and failed at nothing", async () => {
    await pair.inSync();
    for (const { parts } of pair.both)
      expect(readFileSync(parts.hub.spec.logPath, "utf8").match(/.*http\.failed.*/g)).toBeNull();
  });
});

async function answered(method: string, operation: OperationObject, { path, headers, body }: Drawn): Promise<void> {
  const init = { method: method.toUpperCase(), headers, ...(body === undefined ? {} : { body }) };
  const answer = await fetch(url + path, init);
  const text = await answer.text();
  const what = `${method} ${path} ${JSON.stringify({ headers, body })}: ${answer.status} ${text.slice(0, 300)}`;
  // Described of each, and no answer of a hub that is well to whom it lets in.
  expect([421, 426, 500], what).not.toContain(answer.status);
  const described = operation.responses[answer.status];
  expect(described, what).toBeDefined();
  const type = answer.headers.get("content-type")?.split(";")[0] ?? "text/plain";
  const content = described?.content[type];
  expect(content, `${what} of type ${type}`).toBeDefined();
  if (type !== "application/json") return;
  expect(flaws(content?.schema ?? {}, JSON.parse(text)), what).toBe("");
  // The document lets an answer have more, as a later hub's may; this hub's has just what its schema says.
  const { json } = byId(operation.operationId).answers[answer.status] ?? {};
  if (json !== undefined) expect(json.safeParse(JSON.parse(text)).error, what).toBeUndefined();
}

const byId = (id: string): Operation =>
  Object.entries<Operation>(operations).find(([name]) => name === id)?.[1] ?? expect.unreachable();

/** Good ones and broken ones, two to one. */
function requests(path: string, { parameters, requestBody }: OperationObject): fc.Arbitrary<Drawn> {
  const inPath = parameters.filter((parameter) => parameter.in === "path");
  const parts = fc.tuple(...inPath.map(({ name, schema }) => fc.tuple(fc.constant(name), pathPart(schema))));
  const inHeader = parameters.filter((parameter) => parameter.in === "header").map(({ name }) => name);
  const queried = parameters.filter((parameter) => parameter.in === "query");
  const query = fc.record(
    Object.fromEntries(
      queried.map(({ name, schema }) => [name, mostly(fromSchema(schema), fc.string({ maxLength: 10 }))]),
    ),
    { requiredKeys: [] },
  );
  return fc
    .record({ parts, query, headers: headersOf(inHeader), body: bodyOf(requestBody?.content) })
    .map(({ parts: filled, query: asked, headers, body }) => {
      const whole = filled.reduce((text, [name, value]) => text.replace(`{${name}}`, encodeURIComponent(value)), path);
      const search = new URLSearchParams(Object.entries(asked).map(([key, value]) => [key, String(value)])).toString();
      return { path: search === "" ? whole : `${whole}?${search}`, headers, body };
    });
}

/** A URL cannot name what is nothing or a dot: it would be another path. */
function pathPart(schema: Schema): fc.Arbitrary<string> {
  const odd = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 });
  return mostly(fromSchema(schema).map(String), odd).filter((text) => !/^\.{0,2}$/.test(text) && text.isWellFormed());
}

function headersOf(known: readonly string[]): fc.Arbitrary<Record<string, string>> {
  const value = fc.oneof(fc.constantFrom("1", "2", "0", "kitchen", "-1", ""), fc.stringMatching(/^[\w .-]{1,20}$/));
  const encoding = fc.constantFrom(undefined, undefined, undefined, "gzip", "br");
  const ofKnown = fc.record(Object.fromEntries(known.map((name) => [name, value])), { requiredKeys: [] });
  return fc.tuple(ofKnown, encoding).map(([headers, encoded]) => ({
    ...headers,
    ...(encoded === undefined ? {} : { "content-encoding": encoded }),
  }));
}

function bodyOf(content: z.infer<typeof Content> = {}): fc.Arbitrary<string | undefined> {
  const [type, described] = Object.entries(content)[0] ?? [];
  if (type === undefined || described === undefined) return fc.constant(undefined);
  const odd = fc.oneof(fc.string({ maxLength: 60 }), fc.constant("x".repeat(20_000)), fc.constant(""));
  if (type === "application/json") {
    const json = (value: unknown) => JSON.stringify(value) ?? "null";
    return mostly(fromSchema(described.schema).map(json), fc.oneof(besideSchema(described.schema).map(json), odd));
  }
  const name = fc.constantFrom("a", "b_total", "tandem_odd", "queue_depth");
  const line = fc
    .tuple(name, fc.double({ noNaN: true, noDefaultInfinity: true }))
    .map(([metric, value]) => `${metric} ${value}\n`);
  const lines = fc
    .uniqueArray(line, { maxLength: 3, selector: (text) => text.split(" ")[0] })
    .map((some) => some.join(""));
  return mostly(lines, odd);
}

const mostly = <T>(good: fc.Arbitrary<T>, broken: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 2, arbitrary: good }, { weight: 1, arbitrary: broken });

/** Empty when the value is what the schema says. */
function flaws(schema: Schema, value: unknown): string {
  const key = JSON.stringify(schema).replaceAll('"#/components', '"hub#/components');
  const validate = validators.get(key) ?? ajv.compile(JSON.parse(key));
  validators.set(key, validate);
  return validate(value) ? "" : ajv.errorsText(validate.errors);
}
