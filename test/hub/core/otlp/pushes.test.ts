import { describe, expect, it } from "vitest";
import { Fold } from "../../../../hub/core/fold/fold.ts";
import { type GroupPath, parseGroupPath } from "../../../../hub/core/group-path.ts";
import type {
  ExportRequest,
  HistogramPoint,
  MetricData,
  NumberPoint,
  OtlpMetric,
  Scope,
} from "../../../../hub/core/otlp/model.ts";
import { draftGroups, fit, type Refused } from "../../../../hub/core/otlp/pushes.ts";

const number = (value: number | undefined, attributes: string[] = [], timeNanos = 1): NumberPoint => ({
  attributes,
  timeNanos,
  flags: 0,
  value,
});
const counter = (name: string, points: NumberPoint[], temporality = 2): OtlpMetric =>
  metric(name, { kind: "sum", temporality, monotonic: true, points });
const gauge = (name: string, ...points: NumberPoint[]) => metric(name, { kind: "gauge", points });
const histogram = (name: string, change: Partial<HistogramPoint> = {}) => {
  const point = { ...number(0), count: 3, sum: 6, counts: [1, 1, 1], bounds: [1, 2], ...change };
  return metric(name, { kind: "histogram", temporality: 2, points: [point] });
};
function metric(name: string, data: MetricData | undefined): OtlpMetric {
  return { name, description: "", unit: "", data };
}
const scope = (metrics: OtlpMetric[], names: Partial<Scope> = {}): Scope => ({
  name: "",
  version: "",
  schemaUrl: "",
  attributes: [],
  metrics,
  ...names,
});
const request = (...resources: [attributes: string[], ...scopes: Scope[]][]): ExportRequest => ({
  resources: resources.map(([attributes, ...scopes]) => ({ attributes, scopes })),
});
const tutor = ["service.name", "tutor"];

function pushesOf(asked: ExportRequest, fold = new Fold()) {
  const { drafts, refused } = draftGroups(asked);
  const fitted = drafts.flatMap((draft) => fit(fold, draft, {}, refused) ?? []);
  return { bodies: fitted.map(({ push }) => push.body), pushes: fitted.map(({ push }) => push), fitted, refused };
}
const groupOf = (path: string) => {
  const parsed: GroupPath = parseGroupPath(path);
  return parsed.ok ? parsed.group : expect.unreachable(parsed.reason);
};
/** Folds them as a hub would, one a millisecond. */
function stored(...pushes: { path: string; body: string }[]): Fold {
  const fold = new Fold();
  for (const [i, { path, body }] of pushes.entries()) {
    fold.apply({ kind: "push", op: "put", group: groupOf(path), body, at: { wallMs: i + 1, counter: 0 } }, "mainpc");
  }
  return fold;
}
const textOf = (refused: Refused[]) => refused.map(({ name, points, text }) => `${name} (${points}): ${text}`);

describe("the group", () => {
  it.each([
    [["service.name", "a"], [["job", "a"]]],
    [["service.namespace", "lab", "service.name", "a"], [["job", "lab/a"]]],
    [
      ["service.name", "a", "service.instance.id", "x"],
      [
        ["job", "a"],
        ["instance", "x"],
      ],
    ],
    [["service.namespace", "lab"], [["job", "lab/unknown_service"]]],
    [[], [["job", "unknown_service"]]],
  ])("of a resource with %j is %j", (attributes, group) => {
    const { pushes } = pushesOf(request([attributes, scope([gauge("x", number(1))])]));
    expect(pushes).toEqual([{ kind: "push", op: "post", group, body: "# TYPE x gauge\nx 1\n" }]);
  });

  it("has what else is said of the resource as target_info", () => {
    const { bodies } = pushesOf(request([[...tutor, "host.name", "pc2", "job", "j"], scope([gauge("x", number(1))])]));
    expect(bodies[0]).toContain('# TYPE target_info gauge\ntarget_info{exported_job="j",host_name="pc2"} 1\n');
  });

  it("shows nobody the command line of a process, which may hold a password", () => {
    const said = ["process.command_args", '["--pass","x"]', "process.command_line", "a --pass x", "process.pid", "1"];
    const { bodies } = pushesOf(request([[...tutor, ...said], scope([gauge("x", number(1))])]));
    expect(bodies[0]).toMatch(/^target_info\{process_pid="1"\} 1\n/m);
  });

  it("is not pushed for a resource of which nothing is taken", () => {
    const { pushes, refused } = pushesOf(request([[...tutor, "a", "b"], scope([counter("x", [number(1)], 1)])]));
    expect([pushes, refused.length]).toEqual([[], 1]);
  });
});

describe("metrics", () => {
  it("of each kind become families of their type", () => {
    const { bodies, fitted, refused } = pushesOf(
      request([
        tutor,
        scope([
          gauge("g", number(1.5, ["room", "a"])),
          counter("c", [number(2)]),
          metric("u", { kind: "sum", temporality: 2, monotonic: false, points: [number(-3)] }),
          histogram("h"),
          metric("s", { kind: "summary", points: [{ ...number(0), count: 4, sum: 8, quantiles: [0.5, 2, 1, 3] }] }),
          metric("later", undefined),
        ]),
      ]),
    );
    expect([refused, fitted[0]?.points]).toEqual([[], 5]);
    expect(bodies).toEqual([
      `# TYPE g gauge
g{room="a"} 1.5
# TYPE c_total counter
c_total 2
# TYPE u gauge
u -3
# TYPE h histogram
h_bucket{le="1"} 1
h_bucket{le="2"} 2
h_bucket{le="+Inf"} 3
h_sum 6
h_count 3
# TYPE s summary
s{quantile="0.5"} 2
s{quantile="1"} 3
s_sum 8
s_count 4
`,
    ]);
  });

  it("carry their scope as labels, so that two libraries may have a metric of one name", () => {
    const of = (name: string, value: number) =>
      scope([gauge("x", number(value))], { name, version: "1", schemaUrl: "u", attributes: ["k", "v", "name", "n"] });
    const { bodies, refused } = pushesOf(request([tutor, of("a", 1), of("b", 2)]));
    const labels = (name: string) =>
      `otel_scope_k="v",otel_scope_name="${name}",otel_scope_schema_url="u",otel_scope_version="1"`;
    expect(bodies).toEqual([`# TYPE x gauge\nx{${labels("a")}} 1\nx{${labels("b")}} 2\n`]);
    expect(refused).toEqual([]);
  });

  it("of one name from two resources of a group, or in two pieces, are one family", () => {
    const piece = (room: string): [string[], Scope] => [tutor, scope([gauge("x", number(1, ["room", room]))])];
    expect(pushesOf(request(piece("a"), piece("b"))).bodies).toEqual([
      '# TYPE x gauge\nx{room="a"} 1\nx{room="b"} 1\n',
    ]);
  });

  it("leave out a series of which nothing was recorded, and say nothing where that is all", () => {
    const absent = { ...number(1, ["a", "b"]), flags: 1 };
    expect(pushesOf(request([tutor, scope([gauge("x", absent, number(2)), gauge("y", absent)])]))).toMatchObject({
      bodies: ["# TYPE x gauge\nx 2\n"],
      refused: [],
    });
  });

  it("that come in two states of one series, as a collector sends them, are taken as the newer one says, whatever the order", () => {
    const states = [number(1, ["a", "b", "c", "d"], 10), number(2, ["c", "d", "a", "b"], 20)];
    for (const points of [states, states.toReversed()]) {
      const { bodies, refused } = pushesOf(request([tutor, scope([counter("x", points)])]));
      expect([bodies, refused]).toEqual([['# TYPE x_total counter\nx_total{a="b",c="d"} 2\n'], []]);
    }
    const apart = states.map((point): [string[], Scope] => [tutor, scope([counter("x", [point])])]);
    expect(pushesOf(request(...apart.toReversed())).bodies).toEqual([
      '# TYPE x_total counter\nx_total{a="b",c="d"} 2\n',
    ]);
  });
});

describe("a metric is refused whole, and the others are taken,", () => {
  const others = [gauge("before", number(1)), gauge("after", number(2))];
  const among = (bad: OtlpMetric) => pushesOf(request([tutor, scope([others[0] ?? bad, bad, others[1] ?? bad])]));

  it.each<[string, OtlpMetric, string]>([
    [
      "of deltas",
      counter("x", [number(1), number(2, ["a", "b"])], 1),
      "x (2): it tells what was added .* (delta).*=cumulative at the exporter$",
    ],
    ["of no temporality", counter("x", [number(1)], 0), "x (1): its aggregation temporality is 0"],
    [
      "with a point without a value",
      gauge("x", number(1), number(undefined, ["a", "b"])),
      "x (2): a point has no value",
    ],
    ["with counts for other bounds", histogram("x", { bounds: [1] }), "x (1): a point has 3 counts for 1 bounds"],
    ["with bounds that fall", histogram("x", { bounds: [2, 1] }), "x (1): a point has bounds that do not rise"],
    ["with a bound NaN", histogram("x", { bounds: [1, Number.NaN] }), "x (1): a point has bounds that do not rise"],
    ["with a count that is no sum", histogram("x", { count: 2 }), "x (1): a point has counts that make 3, and 2"],
    ["of a name of the hub's", gauge("tandem.x", number(1)), "tandem.x (1): tandem_x: names that start with tandem_"],
    [
      "of the name of target_info",
      gauge("target.info", number(1)),
      "target.info (1): the hub makes target_info itself",
    ],
    [
      "of a push's time",
      gauge("push.time.seconds", number(1)),
      "push.time.seconds (1): the hub makes push_time_seconds",
    ],
    ["of a name of signs", gauge("…", number(1)), "… (1): its name has no letter or digit"],
    [
      "with series that are the same",
      gauge("x", number(1, ["a.b", "c"]), number(2, ["a_b", "c"])),
      "x (2): two series of x are the same one",
    ],
    ["with a type of before", counter("x", [number(1)]), ""],
    [
      "of another type than before it",
      histogram("before"),
      "before (1): before is a histogram here, and a gauge elsewhere",
    ],
    ["with the name of a part", histogram("bef", {}), ""],
  ])("%s", (_, bad, reason) => {
    const { bodies, refused } = among(bad);
    expect(bodies[0]).toContain("# TYPE before gauge\nbefore 1\n");
    expect(bodies[0]).toContain("# TYPE after gauge\nafter 2\n");
    if (reason === "") return expect(refused).toEqual([]);
    expect(bodies[0]?.match(/^# TYPE/gm)).toHaveLength(2);
    const pattern = reason.replaceAll(/[()[\]]/g, "\\$&");
    expect(textOf(refused)).toEqual([expect.stringMatching(new RegExp(`^${pattern}`))]);
  });

  it("that takes the names of a histogram's parts, before it or behind it", () => {
    const parts = [histogram("took"), gauge("took.count", number(1))];
    for (const metrics of [parts, parts.toReversed()]) {
      const { bodies, refused } = pushesOf(request([tutor, scope(metrics)]));
      expect(bodies[0]?.match(/^# TYPE/gm)).toHaveLength(1);
      expect(textOf(refused)).toEqual([expect.stringContaining("of the same request need the same names")]);
    }
  });

  it("that another resource of the request has with another type", () => {
    const { pushes, refused } = pushesOf(
      request(
        [["service.name", "a"], scope([gauge("x", number(1))])],
        [["service.name", "b"], scope([histogram("x"), gauge("y", number(1))])],
      ),
    );
    expect(pushes.map(({ body }) => body)).toEqual(["# TYPE x gauge\nx 1\n", "# TYPE y gauge\ny 1\n"]);
    expect(textOf(refused)).toEqual(["x (1): x is a histogram here, and a gauge elsewhere in the request"]);
  });

  it("that two processes send which nobody could tell apart", () => {
    const of = (host: string): [string[], Scope] => [[...tutor, "host.name", host], scope([gauge("x", number(1))])];
    const { bodies, refused } = pushesOf(request(of("a"), of("b")));
    expect(bodies).toHaveLength(1);
    expect(textOf(refused)).toEqual([expect.stringContaining("give each process its own service.instance.id")]);
  });

  it("that does not fit what is stored", () => {
    const fold = stored({
      path: "/metrics/job/other",
      body: '# TYPE x histogram\nx_bucket{le="1"} 1\nx_sum 1\nx_count 1\n',
    });
    const bad = [
      counter("x.count", [number(1)]),
      gauge("x", number(1), number(2, ["a", "b"])),
      gauge("x.sum", number(1)),
    ];
    const { bodies, refused, fitted } = pushesOf(request([tutor, scope([...others, ...bad])]), fold);
    expect(bodies).toEqual(["# TYPE before gauge\nbefore 1\n# TYPE after gauge\nafter 2\n# TYPE x_count_total counter\nx_count_total 1\n"]); // biome-ignore format: one text
    expect(fitted[0]?.points).toBe(3);
    expect(textOf(refused)).toEqual([
      'x (2): x is of type gauge in this push, but of type histogram in the group job="other"',
      "x_sum (1): x_sum is a part of the histogram x, so no metric of its own can have this name",
    ]);
  });
});

it("of a group that is refused for all of its metrics nothing is pushed", () => {
  const fold = stored({ path: "/metrics/job/other", body: "x 1\n" });
  const { pushes, refused } = pushesOf(request([[...tutor, "k", "v"], scope([gauge("x", number(1))])]), fold);
  expect([pushes, refused.length]).toEqual([[], 1]);
});
