import { describe, expect, it } from "vitest";
import { Fold } from "../../../../hub/core/fold/fold.ts";
import { groupKey, parseGroupPath } from "../../../../hub/core/group-path.ts";
import type { Push } from "../../../../hub/core/record.ts";

/** @param words `put /metrics/job/a` */
function push(atMs: number, words: string, body = ""): Push {
  const [op, path = ""] = words.split(" ");
  const parsed = parseGroupPath(path);
  if (!parsed.ok) throw new Error(parsed.reason);
  return { kind: "push", at: { wallMs: atMs, counter: 0 }, op: op as Push["op"], group: parsed.group, body };
}

/** Shown lines without comments and push times. */
function lines(fold: Fold): string[] {
  return fold
    .metricsText()
    .split("\n")
    .filter((line) => line !== "" && !/^#|^push_/.test(line));
}

const a = "/metrics/job/a";
const b = "/metrics/job/b";
const gauge = "# TYPE m gauge\nm 1\n";
const counter = "# TYPE m counter\nm 2\n";
const histogram = '# TYPE m histogram\nm_bucket{le="+Inf"} 3\nm_sum 3\nm_count 3\n';

describe("the newest write wins", () => {
  it("a PUT replaces the group, a POST only the names that it has, a DELETE removes it", () => {
    const fold = new Fold();
    fold.apply(push(1, `put ${a}`, "x 1\ny 1\n"), "mainpc");
    fold.apply(push(2, `post ${a}`, "y 2\nz 2\n"), "pc2");
    expect(lines(fold)).toEqual(['x{instance="",job="a"} 1', 'y{instance="",job="a"} 2', 'z{instance="",job="a"} 2']);
    fold.apply(push(3, `put ${a}`, "z 3\n"), "pc2");
    expect(lines(fold)).toEqual(['z{instance="",job="a"} 3']);
    fold.apply(push(4, `delete ${a}`), "mainpc");
    expect([lines(fold), fold.groupCount, fold.tombstoneCount, fold.groupText('job="a"')]).toEqual([
      [],
      0,
      1,
      undefined,
    ]);
  });

  it("a POST of ms 3 survives a PUT of ms 2 that arrives after it, and loses to a DELETE of ms 4 that arrived before it", () => {
    const fold = new Fold();
    fold.apply(push(3, `post ${a}`, "x 3\n"), "mainpc");
    fold.apply(push(2, `put ${a}`, "x 2\ny 2\n"), "pc2");
    expect(lines(fold)).toEqual(['x{instance="",job="a"} 3', 'y{instance="",job="a"} 2']);
    const later = new Fold();
    later.apply(push(4, `delete ${a}`), "pc2");
    expect(later.apply(push(3, `post ${a}`, "x 3\n"), "mainpc")).toEqual({ outcome: "lost", changed: [] });
    expect(later.groupCount).toBe(0);
  });

  it("of two writes with the same stamp that of the machine with the later name wins", () => {
    const fold = new Fold();
    fold.apply(push(1, `put ${a}`, "x 2\n"), "pc2");
    expect(fold.apply(push(1, `put ${a}`, "x 1\n"), "mainpc").outcome).toBe("lost");
    expect(lines(fold)).toEqual(['x{instance="",job="a"} 2']);
  });

  it("an empty PUT makes a group of which only the push time is shown", () => {
    const fold = new Fold();
    fold.apply(push(1_500, `put ${a}`), "mainpc");
    expect(fold.metricsText()).toContain('push_time_seconds{instance="",job="a"} 1.5\n');
    expect([fold.groupCount, fold.seriesCount, fold.groupText('job="a"')]).toEqual([1, 0, ""]);
  });
});

describe("what does not fit is refused", () => {
  const stored = new Fold();
  stored.apply(push(1, `put ${b}`, `${histogram}# TYPE n gauge\nn 1\nheld{instance="i"} 1\n`), "mainpc");

  it.each([
    ["# TYPE n counter\nn 1\n", 'n is of type counter in this push, but of type gauge in the group job="b"'],
    ["m_sum 1\n", "m_sum is a part of the histogram m"],
    ["# TYPE go_info counter\ngo_info 1\n", "but the Pushgateway has a gauge of that name itself"],
    ["tandem_pushes 1\n", "names that start with tandem_ are the hub's own"],
    ["# TYPE tandem_agent_hub_revision gauge\ntandem_agent_hub_revision 1\n", undefined],
    ["# TYPE tandem_agent_hub_revision counter\ntandem_agent_hub_revision 1\n", "agents push it as a gauge"],
    ['x{y="1"} 1\nx{y="1"} 2\n', 'two series with the same labels {instance="",job="a",y="1"}'],
    ['x{__y="1"} 1\n', "the label name __y is reserved"],
    ["x\n", "line 1: the value must be a number"],
    ["# TYPE x summary\nx_sum 1\n# TYPE q gauge\nx_sum 2\nx_bucket 1\n", undefined],
    ["# TYPE n gauge\nn 5\n", undefined],
  ])("%j", (body, reason) => {
    const outcome = stored.check(push(2, `put ${a}`, body));
    if (reason === undefined) expect(outcome.ok).toBe(true);
    else expect(outcome).toEqual({ ok: false, reason: expect.stringContaining(reason) });
  });

  it("a series that another group holds already", () => {
    expect(stored.check(push(2, "put /metrics/job/b/instance/i", "held 2\n"))).toEqual({
      ok: false,
      reason: 'held{instance="i",job="b"} is already held by the group job="b"',
    });
  });

  it("but a group may change the type of a metric that no other group has", () => {
    expect(stored.check(push(2, `put ${b}`, "# TYPE n counter\nn 1\n")).ok).toBe(true);
  });
});

describe("what two machines accepted apart stays stored, and is shown by the newest write", () => {
  it("plain types differ: all samples are shown under the newest type, and 1 conflict is counted", () => {
    const fold = new Fold();
    fold.apply(push(1, `put ${a}`, gauge), "mainpc");
    const { changed } = fold.apply(push(2, `put ${b}`, counter), "pc2");
    expect(changed.sort()).toEqual(['job="a"', 'job="b"']);
    expect(fold.metricsText()).toContain('# TYPE m counter\nm{instance="",job="a"} 1\nm{instance="",job="b"} 2\n');
    expect(fold.groupText('job="a"')).toBe('# TYPE m counter\nm{instance="",job="a"} 1\n');
    expect(fold.conflictCount).toBe(1);
  });

  it("the group with the newest type may go on pushing, the other one is refused until its type fits", () => {
    const fold = new Fold();
    fold.apply(push(1, `put ${a}`, gauge), "mainpc");
    fold.apply(push(2, `put ${b}`, counter), "pc2");
    expect(fold.check(push(3, `put ${a}`, gauge)).ok).toBe(false);
    expect(fold.check(push(3, `put ${b}`, counter)).ok).toBe(true);
    fold.apply(push(3, `put ${a}`, counter), "mainpc");
    expect(fold.conflictCount).toBe(0);
  });

  it("a gauge and a newer histogram: the gauge is hidden until the histogram goes", () => {
    const fold = new Fold();
    fold.apply(push(1, `put ${a}`, gauge), "mainpc");
    fold.apply(push(2, `put ${b}`, histogram), "pc2");
    expect([lines(fold).length, fold.groupText('job="a"'), fold.conflictCount]).toEqual([3, "", 1]);
    expect(fold.apply(push(3, `delete ${b}`), "pc2").changed.sort()).toEqual(['job="a"', 'job="b"']);
    expect(lines(fold)).toEqual(['m{instance="",job="a"} 1']);
  });

  it("a histogram and a newer metric with the name of its sum: the histogram is hidden", () => {
    const fold = new Fold();
    fold.apply(push(1, `put ${a}`, histogram), "mainpc");
    fold.apply(push(2, `put ${b}`, "m_sum 7\n"), "pc2");
    expect([lines(fold), fold.conflictCount]).toEqual([['m_sum{instance="",job="b"} 7'], 1]);
  });

  it("the same series in two groups: the newer one is shown", () => {
    const fold = new Fold();
    fold.apply(push(1, `put ${a}`, 'm{x="1"} 1\nm{x="2"} 1\n'), "mainpc");
    fold.apply(push(2, `put ${a}/x/1`, "m 2\n"), "pc2");
    expect(lines(fold)).toEqual(['m{instance="",job="a",x="2"} 1', 'm{instance="",job="a",x="1"} 2']);
    expect(fold.conflictCount).toBe(1);
  });
});

it("a group's own labels override those of its series, and instance is there at all events", () => {
  const fold = new Fold();
  fold.apply(push(1, "put /metrics/job/a/x/g", 'm{x="own",job="own",instance="i",a="1"} 1\nm 2\n'), "mainpc");
  expect(lines(fold)).toEqual(['m{a="1",instance="i",job="a",x="g"} 1', 'm{instance="",job="a",x="g"} 2']);
});

it("a body that no check would accept is ignored, the same on each hub", () => {
  const fold = new Fold();
  expect(fold.apply(push(1, `put ${a}`, "not a metric\n"), "mainpc")).toEqual({ outcome: "unreadable", changed: [] });
  expect(fold.groupCount).toBe(0);
});

it("groups are listed with their labels, last push and series", () => {
  const fold = new Fold();
  const record = push(7, "put /metrics/job/a/zone/z", histogram);
  fold.apply(record, "mainpc");
  expect([...fold.groups()]).toEqual([{ key: groupKey(record.group), group: record.group, pushedAtMs: 7, series: 3 }]);
});
