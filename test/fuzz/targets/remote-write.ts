/** What the hub writes to stores elsewhere, read back: labels, samples and ends as a request, and its compression. */
import { compress, uncompress } from "snappyjs";
import { z } from "zod";
import { WireReader } from "../../../hub/core/exposition/protobuf/wire.ts";
import { encodeLabels, endsOf, WriteRequest } from "../../../hub/core/remote-write/write-request.ts";
import { readRequest } from "../../hub/core/remote-write/read-request.ts";
import { holds, jsonOf, type Outcome, same, type Target } from "../engine/target.ts";

const text = z.string().refine((each) => each.isWellFormed());
const Samples = z.array(
  z.object({
    labels: z.array(z.tuple([text, text])).max(50),
    value: z.union([z.number(), z.enum(["stale", "NaN", "+Inf", "-Inf"])]),
    atMs: z.number().int(),
  }),
);
const staleBits = 0x7ff0_0000_0000_0002n;
const numberOf = (value: string | number) =>
  typeof value === "number"
    ? value
    : value === "NaN"
      ? Number.NaN
      : value === "+Inf"
        ? Number.POSITIVE_INFINITY
        : Number.NEGATIVE_INFINITY;

function run(input: Buffer): Outcome {
  same(Buffer.from(uncompress(compress(input))), input, "compressed and back");
  const { data: samples } = Samples.safeParse(jsonOf(input));
  if (samples === undefined) return "refused";
  const request = new WriteRequest();
  for (const { labels, value, atMs } of samples)
    request.add({ labels: encodeLabels(labels), value: value === "stale" ? value : numberOf(value), atMs });
  holds(request.samples === samples.length, "another number of samples than were added");
  const bytes = request.take();
  const series = readRequest(new WireReader(bytes));
  same(series.length, samples.length, "the number of series");
  for (const [i, { labels, value, atMs }] of samples.entries()) {
    const [sample] = series[i]?.samples ?? [];
    same(
      series[i]?.names,
      labels.map(([name]) => name),
      "the names of labels",
    );
    same(sample?.value, value === "stale" ? Number.NaN : numberOf(value), "the value");
    holds((sample?.bits === staleBits) === (value === "stale"), "an end is no end, or a value is one");
    // Of an unsigned reader a negative time is what it is modulo 2^64.
    if (atMs >= 0) same(sample?.atMs, atMs + 0, "the time");
  }
  for (const { samples: ended } of readRequest(new WireReader(endsOf(bytes))))
    holds(
      ended.every(({ bits }) => bits === staleBits),
      "a series does not end",
    );
  return "taken";
}

const labels = [
  ["__name__", "up"],
  ["job", "a"],
  ["x", "é\n"],
];

export const targets: readonly Target[] = [
  {
    name: "remote-write",
    about: "requests of remote write, written and read back",
    form: "json",
    tokens: ["labels", "value", "atMs", "stale", "NaN", "+Inf", "__name__", "__proto__"],
    seeds: () => [
      JSON.stringify([
        { labels, value: 1.5, atMs: 1_700_000_000_000 },
        { labels: [], value: "stale", atMs: 0 },
        { labels, value: "NaN", atMs: -5 },
      ]),
    ],
    covers: /^hub\/core\/(remote-write\/write-request|exposition\/protobuf\/wire)/,
    open: () => ({ run }),
  },
];
