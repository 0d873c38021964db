/** The texts and messages of metrics that anybody pushes or serves. */
import { isUtf8 } from "node:buffer";
import { type Family, isDistribution, suffixedNames } from "../../../hub/core/exposition/family.ts";
import { parseExposition } from "../../../hub/core/exposition/parse.ts";
import { delimitedToText } from "../../../hub/core/exposition/protobuf/delimited.ts";
import { renderFamily } from "../../../hub/core/exposition/render.ts";
import { boundsOf } from "../../../hub/core/exposition/text-bounds.ts";
import { withoutTimestamps } from "../../../hub/core/exposition/timestamps.ts";
import { Fold } from "../../../hub/core/fold/fold.ts";
import { PushLimits } from "../../../hub/core/push-limits.ts";
import { readScrape } from "../../../hub/core/scrape.ts";
import { encodeFamilies } from "../../hub/core/exposition/protobuf/encode.ts";
import { goClientBody } from "../../hub/core/exposition/protobuf/go-client-body.ts";
import { holds, type Outcome, same, type Target } from "../engine/target.ts";

const limits = PushLimits.parse({});
const maxTextBytes = 64 * 1024;
const covers = /^hub\/core\/(exposition|scrape|fold)/;
export const textTokens = [
  "# TYPE a counter\n",
  "# TYPE a gauge\n",
  "# TYPE a histogram\n",
  "# TYPE a summary\n",
  "# TYPE a untyped\n",
  "# HELP a b\n",
  "# ",
  "#",
  "a",
  "a_bucket",
  "a_sum",
  "a_count",
  '{le="1"}',
  '{le="+Inf"}',
  '{quantile="0.5"}',
  '{b="c"}',
  '{b="c",}',
  "{",
  "}",
  ",",
  "=",
  '"',
  "\\n",
  "\\\\",
  '\\"',
  " 1\n",
  " NaN\n",
  " +Inf\n",
  " -Inf\n",
  " 1 1700000000000\n",
  "__name__",
  "\n",
  " ",
  "\t",
  "a:b",
  "0x1",
  "1e5",
];
const textSeeds = [
  '# HELP jobs_total Jobs that ended.\n# TYPE jobs_total counter\njobs_total{queue="a",result="ok"} 7\njobs_total{queue="a\\n\\"b\\\\"} 1e+06\n',
  '# TYPE t histogram\nt_bucket{le="0.1"} 1\nt_bucket{le="+Inf"} 3\nt_sum 0.5\nt_count 3\nt_bucket{a="b",le="1"} 2\n',
  '# TYPE s summary\ns{quantile="0.5"} 1\ns{quantile="0.99"} NaN\ns_sum -Inf\ns_count 2\n# TYPE g gauge\ng -0\nu .5\nu{x=""} 5.\n',
  "# a comment\n\n  padded 1\n# TYPE\n# HELP only\nx{} 3\n",
];

/** A plain family of a name that another one's part has: the text does not tell them apart. */
function clashes(families: readonly Family[]): boolean {
  const names = new Set(families.map(({ name }) => name));
  return families.some(
    ({ name, type }) => isDistribution(type) && suffixedNames(name, type).some((part) => names.has(part)),
  );
}

const rendered = (families: readonly Family[]) => families.map(renderFamily).join("");

/** What was read, written and read again is the same, in text and in messages. */
function checkFamilies(families: readonly Family[]): void {
  if (clashes(families)) return;
  const text = rendered(families);
  const again = parseExposition(text);
  holds(again.ok, `what the hub itself wrote is refused: ${again.ok ? "" : again.reason}`);
  same(rendered(again.families), text, "read and written twice");
  const decoded = delimitedToText(encodeFamilies(again.families), Number.POSITIVE_INFINITY);
  holds(decoded.ok, `as messages it is refused: ${decoded.ok ? "" : decoded.reason}`);
  same(decoded.text, text, "as messages");
}

function text(input: Buffer): Outcome {
  if (!isUtf8(input)) return "refused";
  const whole = input.toString();
  const parsed = parseExposition(whole);
  const bounded = parseExposition(whole, boundsOf(limits));
  holds(parsed.ok || !bounded.ok, "with bounds more is taken than without");
  const bare = withoutTimestamps(whole);
  holds(bare.length <= whole.length, "without timestamps it is longer");
  if (parsed.ok) {
    same(bare, whole, "a text without timestamps");
    checkFamilies(parsed.families);
    return "taken";
  }
  holds(
    parsed.reason !== "" && parsed.line >= 1 && parsed.line <= whole.split("\n").length,
    "the refusal has no line or reason",
  );
  return "refused";
}

function protobuf(input: Buffer): Outcome {
  const decoded = delimitedToText(input, maxTextBytes);
  if (!decoded.ok) {
    holds(decoded.reason !== "", "a refusal without a reason");
    return "refused";
  }
  holds(Buffer.byteLength(decoded.text) <= maxTextBytes, "the text is longer than allowed");
  const parsed = parseExposition(decoded.text);
  if (parsed.ok) checkFamilies(parsed.families);
  return "taken";
}

const source = { agent: "Tutor", machine: "mainpc", port: 5_000, intervalMs: 1_000, deadlineMs: 500 };

/** The first line is the status and the media type. */
function scrape(input: Buffer): Outcome {
  const [head = "", ...lines] = input.toString().split("\n");
  const [status = "200", mediaType = "", location] = head.split(" ");
  const fold = new Fold({ limits });
  const answer = {
    status: Number(status) || 200,
    mediaType: mediaType.toLowerCase(),
    location,
    text: lines.join("\n"),
  };
  const reading = readScrape(source, answer, (push) => fold.check(push), limits);
  if (!reading.ok) {
    holds(reading.reason !== "" && reading.reason.length < 2_000, "a refusal without a reason, or with a page of it");
    holds(fold.groupCount === 0, "a refused scrape is stored");
    return "refused";
  }
  const { outcome } = fold.apply({ ...reading.push, at: { wallMs: 1, counter: 0 } }, "mainpc");
  holds(outcome === "applied", `what was checked is ${outcome}`);
  holds(fold.seriesCount === reading.samples, "another number of series is stored than was said");
  return "taken";
}

export const targets: readonly Target[] = [
  {
    name: "text",
    about: "the text exposition format, as a push's body has it",
    form: "bytes",
    tokens: textTokens,
    seeds: () => textSeeds,
    covers,
    open: () => ({ run: text }),
  },
  {
    name: "protobuf",
    about: "delimited protobuf messages, as Go's client pushes them",
    form: "wire",
    tokens: ["a", "le", "quantile", "__name__"],
    seeds: () => [
      goClientBody,
      ...textSeeds.map((each) => {
        const parsed = parseExposition(each);
        return encodeFamilies(parsed.ok ? parsed.families : []);
      }),
    ],
    covers,
    open: () => ({ run: protobuf }),
  },
  {
    name: "scrape",
    about: "what an agent answers to a scrape",
    form: "bytes",
    tokens: [
      ...textTokens,
      "200 text/plain\n",
      "302 text/html /\n",
      "<title>",
      "</title>",
      "<",
      ">",
      "application/openmetrics-text",
      "application/json",
    ],
    seeds: () =>
      textSeeds
        .map((each) => `200 text/plain\n${each.replaceAll(/(\d)\n/g, "$1 1700000000000\n")}`)
        .concat("404 text/html\n<html><title>no</title>"),
    covers,
    open: () => ({ run: scrape }),
  },
];
