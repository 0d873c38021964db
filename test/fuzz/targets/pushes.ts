/** Pushes as requests bring them: the group that a path names, and several pushes folded in different orders. */
import { parseExposition } from "../../../hub/core/exposition/parse.ts";
import { type Candidate, Fold } from "../../../hub/core/fold/fold.ts";
import { groupKey, groupPath, parseGroupPath } from "../../../hub/core/group-path.ts";
import { PushLimits } from "../../../hub/core/push-limits.ts";
import { Push } from "../../../hub/core/record.ts";
import { holds, type Outcome, same, type Target } from "../engine/target.ts";
import { textTokens } from "./exposition.ts";

function path(input: Buffer): Outcome {
  const parsed = parseGroupPath(input.toString("latin1"));
  if (!parsed.ok) {
    holds(parsed.reason !== "", "a refusal without a reason");
    return "refused";
  }
  const { group } = parsed;
  const again = parseGroupPath(groupPath(group));
  holds(again.ok, `the path of its own group is refused: ${groupPath(group)}`);
  same(again.group, group, "the group of the path that was written");
  same(groupKey(again.group), groupKey(group), "its key");
  const push = Push.safeParse({ kind: "push", at: { wallMs: 1, counter: 0 }, op: "put", group, body: "" });
  holds(push.success, "no record may hold the group");
  return "taken";
}

/** Small, so that they are met. */
const limits = PushLimits.parse({
  series: 60,
  seriesPerGroup: 20,
  seriesPerJob: 40,
  groups: 6,
  groupsPerJob: 4,
  guestGroups: 5,
  guestSeries: 50,
  tombstones: 3,
  shapesPerFamily: 2,
});
const between = "\n%%\n";

/** Requests behind each other: a line `METHOD path`, and the body. */
function* pushesOf(input: Buffer): Generator<Candidate> {
  for (const part of input.toString().split(between).slice(0, 12)) {
    const [head = "", ...lines] = part.split("\n");
    const [method = "", target = ""] = head.split(" ");
    const parsed = parseGroupPath(target);
    if (!parsed.ok) continue;
    const op = method === "DELETE" ? "delete" : method === "POST" ? "post" : "put";
    yield {
      kind: "push",
      op,
      group: parsed.group,
      body: op === "delete" ? "" : lines.map((line) => `${line}\n`).join(""),
    };
  }
}

function push(input: Buffer): Outcome {
  const fold = new Fold({ limits });
  const records: [Push, string][] = [];
  for (const candidate of pushesOf(input)) {
    const before = [fold.metricsText(), fold.seriesCount, fold.groupCount, fold.tombstoneCount];
    const checked = fold.check(candidate);
    if (!checked.ok) {
      holds(checked.reason !== "", "a refusal without a reason");
      same([fold.metricsText(), fold.seriesCount, fold.groupCount, fold.tombstoneCount], before, "after a refusal");
      continue;
    }
    const release = fold.reserve(candidate);
    const origin = records.length % 3 === 0 ? "pc2" : "mainpc";
    // Stamps of the two machines may be alike; those of one never are.
    const counter = records.filter(([, by]) => by === origin).length;
    const record = { ...candidate, at: { wallMs: 1_000 + (records.length >> 2), counter } };
    const { outcome } = fold.apply(record, origin);
    release();
    holds(outcome !== "unreadable", "what was checked cannot be read");
    records.push([record, origin]);
  }
  if (records.length === 0) return "refused";
  const shown = fold.metricsText();
  const parsed = parseExposition(shown);
  holds(parsed.ok, `what the hub shows is no text: ${parsed.ok ? "" : parsed.reason}`);
  const other = new Fold({ limits });
  for (const [record, origin] of [...records.toReversed(), ...records]) other.apply(record, origin);
  same(other.metricsText(), shown, "folded in another order");
  same(
    [other.seriesCount, other.groupCount, other.conflictCount],
    [fold.seriesCount, fold.groupCount, fold.conflictCount],
    "counts in another order",
  );
  const merged = new Fold({ limits });
  for (const { key: _, ...dump } of fold.dumps()) merged.merge(dump);
  same(merged.metricsText(), shown, "of a snapshot");
  return "taken";
}

const requests = [
  'PUT /metrics/job/a\n# TYPE x counter\nx 1\n%%\nPOST /metrics/job/a/instance/i\n# TYPE x gauge\nx{instance="o"} 2\n%%\nDELETE /metrics/job/a',
  'PUT /metrics/job/b\nh_count 1\n%%\nPUT /metrics/job/c\n# TYPE h histogram\nh_bucket{le="1"} 1\nh_sum 2\nh_count 1\n%%\nPOST /metrics/job/b\ny{z="1"} 1\ny{z="2"} 2',
  'PUT /metrics/job/a\nx 1\nx 1\n%%\nPUT /metrics/job/a/b/c\nx{b="c"} 1\n%%\nPUT /metrics/job/a/b/d\nx 2\npush_time_seconds 3',
];

export const targets: readonly Target[] = [
  {
    name: "path",
    about: "the group that the path of a push names",
    form: "bytes",
    tokens: [
      "/metrics",
      "/job",
      "/job@base64",
      "@base64",
      "/",
      "%2F",
      "%00",
      "%C3%A9",
      "=",
      "/instance/",
      "..",
      ".",
      "__name__",
      "_-",
      "%",
    ],
    seeds: () => [
      "/metrics/job/a",
      "/metrics/job/a/instance/b",
      "/metrics/job@base64/YQ==/x@base64/=",
      "/metrics/job/%C3%A9/b@base64/YS9i",
      "/metrics/job/a/",
      "/metrics/job/a/instance@base64/=",
    ],
    covers: /^hub\/core\/group-path/,
    open: () => ({ run: path }),
  },
  {
    name: "push",
    about: "pushes of some groups, checked and folded in different orders",
    form: "bytes",
    tokens: [
      ...textTokens,
      between,
      "PUT /metrics/job/a\n",
      "POST /metrics/job/a\n",
      "POST /metrics/job/b\n",
      "DELETE /metrics/job/a\n",
      "PUT /metrics/job/a/instance/b\n",
      "/x/y",
      "push_time_seconds",
      "push_failure_time_seconds",
      'job="a"',
      'instance="b"',
    ],
    seeds: () => requests,
    covers: /^hub\/core\/(fold|exposition)/,
    maxBytes: 4_096,
    stretchBytes: 131_072,
    open: () => ({ run: push }),
  },
];
