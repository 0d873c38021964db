/** Random pushes that often meet each other: few names, few labels, few groups, and now and then a broken text. */
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { parseExposition } from "../../../hub/core/exposition/parse.ts";
import { contentType, encodeFamilies } from "../core/exposition/protobuf/encode.ts";

export interface RawPush {
  method: "PUT" | "POST" | "DELETE";
  path: string;
  body: string;
}

const labelValue = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("1", "2", "i1") },
  fc.constantFrom("", "ü ñ", 'a\\"b', "two\nlines", "a/b"),
);
const escaped = (value: string) => value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

const value = fc.oneof(
  fc.constantFrom("0", "1", "-1", "3.5", "+7", "1e3", "1234567", "0.00001", "NaN", "+Inf", "-Inf", "inf", ".5", "5."),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.nat(2_000_000).map(String),
);
const count = fc.oneof(fc.nat(5_000_000).map(String), fc.constantFrom("3.7", "0", "1e6"));

const labelNames = ["x", "y", "instance", "job", "z9_"];
const labels = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...labelNames), labelValue), { maxLength: 3, selector: ([name]) => name })
  .map((pairs) => pairs.map(([name, each]) => `${name}="${escaped(each)}"`));

const braces = (parts: string[]) => (parts.length === 0 ? "" : `{${parts.join(",")}}`);

/** The help follows from the name: with two helps for a name the Pushgateway shows one at random. */
const header = (name: string, type: string) =>
  `# HELP ${name} What ${name} is\\n, \\\\ more or less.\n${type === "" ? "" : `# TYPE ${name} ${type}\n`}`;

const plain = fc
  .record({
    name: fc.constantFrom(
      "a",
      "b",
      "c:d",
      "h_sum",
      "h_count",
      "h_bucket",
      "s_count",
      "go_goroutines",
      "push_time_seconds",
    ),
    type: fc.constantFrom("gauge", "gauge", "gauge", "counter", "untyped", "", "GAUGE"),
    samples: fc.array(fc.tuple(labels, value), { minLength: 1, maxLength: 3 }),
  })
  .map(({ name, type, samples }) => {
    return header(name, type) + samples.map(([parts, each]) => `${name}${braces(parts)} ${each}\n`).join("");
  });

const histogram = fc
  .tuple(fc.constantFrom("h", "a"), labels, count, count, value)
  .map(([name, parts, low, all, sum]) => {
    const bucket = (bound: string, each: string) => `${name}_bucket${braces([...parts, `le="${bound}"`])} ${each}\n`;
    const tail = `${name}_sum${braces(parts)} ${sum}\n${name}_count${braces(parts)} ${all}\n`;
    return `${header(name, "histogram")}${bucket("0.5", low)}${bucket("1e6", low)}${low.length % 2 === 0 ? bucket("+Inf", all) : ""}${tail}`;
  });

const summary = fc.tuple(fc.constantFrom("s", "b"), labels, value, count).map(([name, parts, each, all]) => {
  const quantile = (at: string) => `${name}${braces([`quantile="${at}"`, ...parts])} ${each}\n`;
  return `${header(name, "summary")}${quantile("0.5")}${quantile("0.99")}${name}_sum${braces(parts)} ${each}\n${name}_count${braces(parts)} ${all}\n`;
});

const family = fc.oneof({ weight: 5, arbitrary: plain }, histogram, summary);
const goodBody = fc.array(family, { maxLength: 4 }).map((families) => families.join(""));

/** A text with one character taken out, put in or changed. */
const brokenBody = fc
  .tuple(goodBody, fc.nat(), fc.nat(2), fc.constantFrom(...'{}"=,\\# \n\t_9e-~'))
  .map(([text, where, how, character]) => {
    const at = text.length === 0 ? 0 : where % text.length;
    return text.slice(0, at) + (how === 0 ? "" : character) + text.slice(at + (how === 1 ? 0 : 1));
  });

const segment = (name: string, each: string) =>
  each === "" || each.includes("/")
    ? `/${name}@base64/${Buffer.from(each).toString("base64url") || "="}`
    : `/${name}/${encodeURIComponent(each)}`;

const goodPath = fc
  .tuple(
    fc.constantFrom("j1", "j2", "a/b"),
    fc.option(labelValue),
    fc.option(labelValue),
    fc.option(fc.constantFrom("i1", "1")),
    fc.boolean(),
  )
  .map(([job, x, y, instance, swapped]) => {
    const parts = [x === null ? "" : segment("x", x), y === null ? "" : segment("y", y)];
    if (swapped) parts.reverse();
    return `/metrics${segment("job", job)}${parts.join("")}${instance === null ? "" : segment("instance", instance)}`;
  });

const badPath = fc.constantFrom(
  "/metrics/job/j1/x",
  "/metrics/job/j1/__x/1",
  "/metrics/job/j1/0x/1",
  "/metrics/job/j1/x@base64/%21",
  "/metrics/job@base64/=",
  "/metrics/job/j1/a-b/1",
);

export const rawPush: fc.Arbitrary<RawPush> = fc.record({
  method: fc.constantFrom("PUT", "PUT", "POST", "POST", "POST", "DELETE"),
  path: fc.oneof({ weight: 15, arbitrary: goodPath }, badPath),
  body: fc.oneof({ weight: 3, arbitrary: goodBody }, brokenBody),
});

export interface EncodedPush extends Omit<RawPush, "body"> {
  body: string | Buffer<ArrayBuffer>;
  headers: Record<string, string>;
}

/** The same pushes as clients send them: as protobuf where their text can be read, and in gzip. */
export const encodedPush: fc.Arbitrary<EncodedPush> = fc
  .tuple(rawPush, fc.boolean(), fc.boolean())
  .map(([push, asProtobuf, zipped]) => {
    const parsed = parseExposition(push.body);
    const headers: Record<string, string> = {};
    let body: EncodedPush["body"] = push.body;
    if (asProtobuf && parsed.ok) {
      body = Buffer.from(encodeFamilies(parsed.families));
      headers["content-type"] = contentType;
    }
    if (zipped && push.method !== "DELETE") {
      body = gzipSync(body);
      headers["content-encoding"] = "gzip";
    }
    return { ...push, body, headers };
  });
