import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseExposition } from "../../../hub/core/exposition/parse.ts";
import { renderFamily } from "../../../hub/core/exposition/render.ts";
import { Fold } from "../../../hub/core/fold/fold.ts";
import { readBody, readPushTimes, readSighting } from "../../../hub/core/gateway-groups.ts";
import { GatewaySplitter, type GroupBounds, type SplitGroup } from "../../../hub/core/gateway-splitter.ts";
import { parseGroupPath } from "../../../hub/core/group-path.ts";
import { metricsJson } from "../../../hub/http/metrics-json.ts";
import { family } from "./exposition/arbitrary-family.ts";

const wide: GroupBounds = { bytes: 1_000_000, pairs: 100_000, metricPairs: 10_000 };

/** The groups of an answer that comes in pieces of so many bytes. */
function split(answer: string, pieceBytes: number, bounds = wide): { groups: SplitGroup[]; isWhole: boolean } {
  const splitter = new GatewaySplitter(bounds);
  const bytes = Buffer.from(answer);
  const groups: SplitGroup[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    groups.push(...splitter.take(bytes.subarray(at, at + pieceBytes)));
  }
  return { groups, isWhole: splitter.isWhole };
}
const bodyOf = ({ others = [] }: SplitGroup, mostCharacters = 1_000_000) => [...readBody(others, mostCharacters)];

describe("what a Pushgateway shows", () => {
  it("gives the key of each group as the path of a push gives it, and its push time in ms", () => {
    const text = [
      'push_time_seconds{instance="",job="a",x=""} 1.7955738030555768e+09',
      'push_time_seconds{instance="nas",job="b\\"",b="c"} 1e+09',
      "",
    ].join("\n");
    const sightings = readPushTimes(text) ?? [];
    expect(sightings.map(({ key }) => key)).toEqual(['job="a",x=""', 'job="b\\"",b="c",instance="nas"']);
    expect(sightings.map(({ pushedAtMs }) => Math.round(pushedAtMs))).toEqual([1_795_573_803_056, 1_000_000_000_000]);
    const path = parseGroupPath("/metrics/job/b%22/instance/nas/b/c");
    expect(path.ok && path.group).toEqual(sightings[1]?.group);
  });

  it("is said not to be read where it is no exposition", () => {
    expect(readPushTimes("push_time_seconds{job= 1\n")).toBeUndefined();
    expect(split('{"status":"error"}\n', 5)).toEqual({ groups: [], isWhole: false });
    expect(split('{"status":"success","data":[', 5)).toEqual({ groups: [], isWhole: false });
    expect(split('{"status":"success","data":[]}\n', 5)).toEqual({ groups: [], isWhole: true });
    const [group] = split('{"data":[{"labels":{"job":"a"}}]}', 5).groups;
    expect(() => readSighting(group ?? expect.unreachable())).toThrow("lacks its push time");
  });

  it("gives back from its JSON, for any metrics, a body that says the same, of the groups that are wanted", async () => {
    await fc.assert(
      fc.asyncProperty(family, fc.integer({ min: 1, max: 500 }), async (each, pieceBytes) => {
        const fold = new Fold();
        const at = { wallMs: 1_000, counter: 0 };
        const push = { kind: "push", op: "put", body: renderFamily(each), at } as const;
        const own: [string, string][] = [
          ["job", "a"],
          ["m", "b"],
        ];
        // With the group's labels two series may be one, and such a push is refused.
        fc.pre(fold.check({ kind: "push", op: "put", group: own, body: push.body }).ok);
        fold.apply({ ...push, group: own }, "mainpc");
        fold.apply({ ...push, body: "other 1\n", group: [["job", "o"]] }, "mainpc");
        const { groups, isWhole } = split(await metricsJson(fold), pieceBytes);
        expect([isWhole, groups.map((group) => readSighting(group).key)]).toEqual([true, ['job="a",m="b"', 'job="o"']]);
        const read = groups[0] ?? expect.unreachable();
        expect(readSighting(read).pushedAtMs).toBe(1_000);
        if (fold.group('job="a",m="b"')?.series === 0) return;
        const body = bodyOf(read).join("");
        const again = new Fold();
        again.apply(
          {
            ...push,
            body,
            group: [
              ["job", "a"],
              ["m", "b"],
            ],
          },
          "mainpc",
        );
        const lines = (text = "") => text.split("\n").sort();
        expect(lines(again.groupText('job="a",m="b"'))).toEqual(lines(fold.groupText('job="a",m="b"')));
        expect(parseExposition(body).ok).toBe(true);
      }),
    );
  });

  it("of a group beyond the bounds is who it is, and nothing is kept of the rest", async () => {
    const fold = new Fold();
    const lines = Array.from({ length: 500 }, (_, i) => `x{i="${i}"} 1\n`).join("");
    const push = { kind: "push", op: "put", at: { wallMs: 1_000, counter: 0 } } as const;
    fold.apply({ ...push, group: [["job", "large"]], body: lines }, "mainpc");
    fold.apply({ ...push, group: [["job", "small"]], body: "x 1\n" }, "mainpc");
    const answer = await metricsJson(fold);
    for (const bounds of [
      { ...wide, bytes: 2_000 },
      { ...wide, pairs: 500 },
    ]) {
      for (const pieceBytes of [100, 100_000]) {
        const { groups } = split(answer, pieceBytes, bounds);
        const seen = groups.map((group) => [readSighting(group).key, group.others === undefined]);
        expect(seen).toEqual([
          ['job="large"', true],
          ['job="small"', false],
        ]);
      }
    }
  });

  it("of a histogram whose text would be far longer than its JSON ends before it is written", () => {
    const buckets = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [String(i), "1"]));
    const metrics = [{ labels: { job: "j".repeat(1_000) }, buckets, sum: "1", count: "1" }];
    const others = [Buffer.from(`"took":${JSON.stringify({ type: "HISTOGRAM", help: "", metrics })}`)];
    expect(bodyOf({ pushTime: "", others })).toEqual([undefined]);
  });

  it("of a group with one metric of more buckets than are read at once is who it is, those of a metric beside it aside", () => {
    const buckets = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [String(i), "1"]));
    const histogram = (...counts: number[]) => ({
      type: "HISTOGRAM",
      metrics: counts.map((count) => ({ labels: { job: "a" }, buckets: buckets(count), sum: "1", count: "1" })),
    });
    const push_time_seconds = { type: "GAUGE", metrics: [{ labels: { job: "a" }, value: "1" }] };
    for (const [counts, isRead] of [
      [[90, 90, 90], true],
      [[90, 101, 90], false],
    ] as const) {
      const answer = JSON.stringify({ data: [{ push_time_seconds, took: histogram(...counts) }] });
      const [group = expect.unreachable()] = split(answer, 1_000, { ...wide, metricPairs: 100 }).groups;
      expect([readSighting(group).key, group.others !== undefined]).toEqual(['job="a"', isRead]);
    }
  });

  it("of metrics that are named as what stands beside metrics in a group is those metrics", () => {
    const member = (name: string) =>
      Buffer.from(`"${name}":${JSON.stringify({ type: "GAUGE", metrics: [{ labels: { job: "a" }, value: "1" }] })}`);
    const others = [member("labels"), member("last_push_successful"), Buffer.from('"labels":{"job":"a"}')];
    const body = bodyOf({ pushTime: "", others: [...others, Buffer.from('"last_push_successful":true')] }).join("");
    expect(parseExposition(body)).toMatchObject({ ok: true, families: [{ name: "labels" }, { name: "last_push_successful" }] }); // biome-ignore format: two metrics
  });
});
