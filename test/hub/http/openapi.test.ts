import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, it } from "vitest";
import { openApiDocument } from "../../../hub/http/openapi.ts";
import { namedSchemas, operations } from "../../../hub/http/operations/table.ts";
import { sessionPath, signInCodesPath } from "../../../hub/http/session-json.ts";

const document = openApiDocument("1.2.3");
const text = JSON.stringify(document);
const paths = Object.values(operations).map(({ path }) => path);
const folder = join(import.meta.dirname, "../../../hub/http");

/** A browser signs in by these; no program has a use for them. */
const ofThePage = [sessionPath, signInCodesPath, `${sessionPath}/all`];

type Responses = Record<string, { content: object }>;

describe("the OpenAPI document", () => {
  it("is one, by an independent validator's word", async () => {
    expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true });
  });

  it("names every path that a file of hub/http names", () => {
    const named = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.startsWith("operations"))
      .flatMap((file) => [...readFileSync(join(folder, file), "utf8").matchAll(/["`](\/api\/v1\/[\w./-]+)["`]/g)])
      .map(([, path = ""]) => path.replace(/\/$/, ""));
    expect(named.length).toBeGreaterThan(15);
    const known = [...paths, ...ofThePage];
    const isKnown = (path: string) => known.some((one) => one === path || one.startsWith(`${path}/`));
    expect(named.filter((path) => !isKnown(path))).toEqual([]);
  });

  it("refers to its 15 named schemas and to nothing that is not there", () => {
    const there = Object.keys(namedSchemas);
    expect(there).toHaveLength(15);
    const used = new Set([...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name = ""]) => name));
    expect([...used].toSorted()).toEqual(there.toSorted());
    expect(text).not.toContain("$defs");
  });

  it("lets an answer have more than it names, which a later hub may give, and a request not", () => {
    const answers = Object.values(document.paths as Record<string, Record<string, { responses: unknown }>>).flatMap(
      (item) => Object.values(item).map(({ responses }) => responses),
    );
    expect(JSON.stringify([answers, document.components])).not.toContain('"additionalProperties":false');
    expect(text).toContain('"additionalProperties":false');
  });

  it("says of every order that it is taken from an operator, and may be answered with 403", () => {
    const changing = Object.values(operations).filter(
      ({ method, path }) => method !== "get" && path.startsWith("/api/v1"),
    );
    const orders = changing.filter((operation) => "order" in operation);
    expect(changing.length - orders.length).toBe(3); // remote write, and signing in and out
    for (const { answers } of orders) expect(Object.keys(answers)).toContain("403");
    expect(text.match(/Taken from an operator only/g)).toHaveLength(orders.length);
  });

  it("says of every operation that it may be answered with 421, 426, 500 and 503, as text", () => {
    const all = Object.values(document.paths as Record<string, Record<string, { responses: Responses }>>);
    const each = all.flatMap((item) => Object.values(item).map(({ responses }) => responses));
    expect(each).toHaveLength(Object.keys(operations).length);
    for (const responses of each)
      for (const status of [421, 426, 500, 503]) expect(responses[status]?.content).toHaveProperty(["text/plain"]);
  });

  it("says of what only hubs ask each other that anybody else may get 403", () => {
    expect(text).toContain("/internal/ is what the hubs ask each other");
    expect(paths.filter((path) => path.startsWith("/internal/"))).toEqual([]);
  });

  it("says of what a token is shown for that it may be answered with 401 and 429, and of a push with 403", () => {
    const { putGroup, postGroup, deleteGroup, exportMetrics, takeService, beginSilence } = operations;
    for (const { answers } of [putGroup, postGroup, deleteGroup, exportMetrics, takeService, beginSilence])
      expect(Object.keys(answers)).toEqual(expect.arrayContaining(["401", "429"]));
    for (const { answers } of [putGroup, postGroup, deleteGroup]) expect(Object.keys(answers)).toContain("403");
  });
});
