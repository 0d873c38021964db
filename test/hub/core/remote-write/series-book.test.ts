import fc from "fast-check";
import { beforeEach, expect, it } from "vitest";
import { WireReader } from "../../../../hub/core/exposition/protobuf/wire.ts";
import { Fold } from "../../../../hub/core/fold/fold.ts";
import { SeriesBook, type Source } from "../../../../hub/core/remote-write/series-book.ts";
import { type Sample, WriteRequest } from "../../../../hub/core/remote-write/write-request.ts";
import { readRequest } from "./read-request.ts";

const target = { job: "hubs", instance: "192.0.2.1:9000", tandem_replica: "mainpc/hub", site: "home" };
let book: SeriesBook;
beforeEach(() => {
  book = new SeriesBook({ target });
});

/** @example 'queue{job="kitchen"} 7 @1000' */
function told(samples: Iterable<Sample>): string[] {
  return [...samples].map((sample) => {
    const request = new WriteRequest();
    request.add(sample);
    const [series] = readRequest(new WireReader(request.take()));
    const { __name__: name, ...labels } = series?.labels ?? {};
    const inner = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
    expect(series?.names).toEqual([...(series?.names ?? [])].sort());
    return `${name}{${inner.join()}} ${sample.value} @${series?.samples[0]?.atMs}`;
  });
}

function sampled(text: string, atMs: number, source: Source = "fleet"): string[] {
  book.begin();
  return told([...book.samples(text, source, atMs), ...book.gone(source, atMs)]);
}

it("gives a series the labels of a scrape: its own job and instance where it has them, an empty one as none, the others as the target's", () => {
  expect(
    sampled('# TYPE a gauge\na 1\na{job="kitchen",instance=""} 2\na{job="kitchen",instance="oven",site="x"} 3\n', 9),
  ).toEqual([
    'a{instance="192.0.2.1:9000",job="hubs",site="home",tandem_replica="mainpc/hub"} 1 @9',
    'a{job="kitchen",site="home",tandem_replica="mainpc/hub"} 2 @9',
    'a{instance="oven",job="kitchen",site="x",tandem_replica="mainpc/hub"} 3 @9',
  ]);
});

it("takes values as Prometheus writes them, a time where the line has one, and anything in a label's value", () => {
  book = new SeriesBook({ target: {} });
  const text = 'a{x="} 1 {\\"\\n\\\\"} +Inf\nb -1.5e-07\nc NaN 1234\nd{} 12 -5\ne what\n\nf{x="1 2\n';
  expect(sampled(text, 9).slice(0, 3)).toEqual([
    `a{x=${JSON.stringify('} 1 {"\n\\')}} Infinity @9`,
    "b{} -1.5e-7 @9",
    "c{} NaN @1234",
  ]);
  expect(book.size).toBe(4);
});

it("of a series that comes twice in one text, in whatever order its labels stand, the first sample counts", () => {
  book = new SeriesBook({ target: {} });
  expect(sampled('a{x="1",y="2"} 1\na{y="2",x="1"} 2\n', 9)).toEqual(['a{x="1",y="2"} 1 @9']);
  // It is the same series that goes on.
  expect(sampled('a{y="2",x="1"} 3\n', 10)).toEqual(['a{x="1",y="2"} 3 @10']);
});

it("marks a series that is gone once, again where that was not kept, and only in the part that it was of", () => {
  book = new SeriesBook({ target: {} });
  sampled("a 1\nb 1\n", 1);
  book.settle();
  expect(sampled("a 2\n", 2)).toEqual(["a{} 2 @2", "b{} stale @2"]);
  // The disk was full.
  expect(sampled("a 3\n", 3)).toEqual(["a{} 3 @3", "b{} stale @3"]);
  book.settle();
  expect(sampled("a 4\n", 4)).toEqual(["a{} 4 @4"]);
  expect(told(book.gone("own", 4))).toEqual([]);
  book.settle();
  expect(sampled("a 5\nb 2\n", 5)).toEqual(["a{} 5 @5", "b{} 2 @5"]);
});

it("of a series that is spelled anew at each of 1,000 samplings four spellings are known, and two that take turns stay known", () => {
  book = new SeriesBook({ target: {} });
  for (let i = 0; i < 1_000; i++) {
    expect(sampled(`m{x${i}=""} 1\n`, i)).toEqual([`m{} 1 @${i}`]);
    book.settle();
  }
  expect([book.size, book.spellings]).toEqual([1, 4]);
  for (let i = 0; i < 10; i++) expect(sampled(`m{${i % 2 === 0 ? "" : 'y=""'}} 1\n`, i)).toEqual([`m{} 1 @${i}`]);
  expect(book.spellings).toBe(4);
  sampled("", 10);
  book.settle();
  expect([book.size, book.spellings]).toEqual([0, 0]);
});

it("lets go of what is gone for more samplings than are asked for, though none was kept, and of nothing else", () => {
  book = new SeriesBook({ target: {} });
  for (let i = 0; i < 100; i++) {
    sampled(`lasting 1\nof_round_${i} 1\n`, i);
    book.settle(20);
  }
  expect(book.size).toBe(22);
  expect(sampled("lasting 1\n", 100).slice(1)).toEqual(
    Array.from({ length: 21 }, (_, i) => `of_round_${79 + i}{} stale @100`),
  );
});

it("of any text that a fold gives, every line that is no comment is a sample, and none is marked while it stays", () => {
  const body = fc
    .uniqueArray(fc.tuple(fc.stringMatching(/^m[a-z]{1,3}$/), fc.string({ unit: "grapheme" }), fc.double()), {
      selector: ([name]) => name,
      maxLength: 8,
    })
    .map((lines) => lines.map(([name, value, number]) => `${name}{x=${quoted(value)}} ${text(number)}\n`).join(""));
  fc.assert(
    fc.property(fc.array(body, { minLength: 1, maxLength: 5 }), (bodies) => {
      const fold = new Fold();
      for (const [i, each] of bodies.entries())
        fold.apply(
          { op: "put", at: { wallMs: i + 1, count: 0 }, group: [["job", `j${i}`]], body: each } as never,
          "mainpc",
        ); // all that is read
      const all = fold.metricsText();
      const lines = all.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
      const anew = new SeriesBook({ target });
      for (const atMs of [1, 2]) {
        anew.begin();
        expect([...anew.samples(all, "fleet", atMs)]).toHaveLength(lines.length);
        expect([...anew.gone("fleet", atMs)]).toEqual([]);
        anew.settle();
      }
    }),
  );
});

const quoted = (value: string) => `"${value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"')}"`;
const text = (value: number) =>
  Number.isFinite(value) ? String(value) : Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
