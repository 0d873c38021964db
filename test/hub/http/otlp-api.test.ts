import { request } from "node:http";
import { gzipSync } from "node:zlib";
import { OTLPMetricExporter as JsonExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPMetricExporter as ProtobufExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import type { PushMetricExporter } from "@opentelemetry/sdk-metrics";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Writer } from "../../../hub/access/access.ts";
import { WireReader } from "../../../hub/core/exposition/protobuf/wire.ts";
import { groupKey } from "../../../hub/core/group-path.ts";
import type { PushLimits } from "../../../hub/core/push-limits.ts";
import type { OtlpApiOptions } from "../../../hub/http/otlp-api.ts";
import { part } from "../core/exposition/protobuf/encode.ts";
import { sdkBodies, sdkMetrics } from "../core/otlp/sdk-bodies.ts";
import { type PushServer, startPushServer } from "./push-api-server.ts";

const protobuf = "application/x-protobuf";
const json = "application/json";
let hub: PushServer;
const start = async (otlp: Partial<OtlpApiOptions> = {}) => {
  hub = await startPushServer({ otlp });
};
afterEach(() => hub.close());

const post = (body: BodyInit, type = json, headers: Record<string, string> = {}, path = "/v1/metrics") =>
  fetch(hub.url + path, { method: "POST", body, headers: { "content-type": type, ...headers } });

/** A request of gauges and of sums of deltas, by job. */
const asked = (jobs: Record<string, { gauges?: string[]; deltas?: string[] }>) =>
  JSON.stringify({
    resourceMetrics: Object.entries(jobs).map(([job, { gauges = [], deltas = [] }]) => ({
      resource: { attributes: [{ key: "service.name", value: { stringValue: job } }] },
      scopeMetrics: [
        {
          metrics: [
            ...gauges.map((name) => ({ name, gauge: { dataPoints: [{ asInt: "1" }] } })),
            ...deltas.map((name) => ({ name, sum: { aggregationTemporality: 1, isMonotonic: true, dataPoints: [{ asInt: 1 }] } })), // biome-ignore format: one metric
          ],
        },
      ],
    })),
  });

/** A google.rpc.Status, or a partial success without its wrapping: a number and a text. */
function decoded(bytes: Uint8Array): [number: number, text: string] {
  const wire = new WireReader(bytes);
  let number = 0;
  let text = "";
  while (!wire.done) {
    const field = wire.tag();
    if (field === 8) number = wire.varint();
    else if (field === 18) text = wire.text("a message");
    else expect.unreachable(`field ${field}`);
  }
  return [number, text];
}

const exported = (exporter: PushMetricExporter, metrics: Awaited<ReturnType<typeof sdkMetrics>>) =>
  new Promise<{ code: number; error?: Error }>((resolve) => exporter.export(metrics, resolve));

const own = 'instance="pc2-1",job="lab/tutor"';
const scope =
  'otel_scope_name="tutor.lessons",otel_scope_schema_url="https://example.org/schema",otel_scope_version="1.2.3"';
/** Lines of what `sdkMetrics` has counted. */
const ofTheSdk = [
  "# HELP lessons_total Lessons given.\\nAll of them.",
  "# TYPE lessons_total counter",
  `lessons_total{instance="pc2-1",is_live="true",job="lab/tutor",level="2",${scope},share="0.5",topic="über"} 3`,
  `lessons_total{${own},${scope},topic="a \\"quoted\\" \\\\ one"} 4`,
  "# TYPE pupils gauge",
  `pupils{${own},${scope}} -2`,
  `temperature_celsius{${own},${scope},room="kitchen"} 20.5`,
  `lesson_duration_seconds_bucket{${own},${scope},topic="math",le="0.1"} 1`,
  `lesson_duration_seconds_bucket{${own},${scope},topic="math",le="10"} 3`,
  `lesson_duration_seconds_sum{${own},${scope},topic="math"} 100.25`,
  `poll_duration_milliseconds_bucket{${own},otel_scope_name="other",le="0"} 1`,
  `poll_duration_milliseconds_bucket{${own},otel_scope_name="other",le="2"} 3`,
  `poll_duration_milliseconds_bucket{${own},otel_scope_name="other",le="4"} 4`,
  `poll_duration_milliseconds_bucket{${own},otel_scope_name="other",le="1024"} 5`,
  `poll_duration_milliseconds_count{${own},otel_scope_name="other"} 5`,
  `target_info{host_name="pc2",${own},process_pid="4242",tags="[\\"a\\",\\"b\\\\\\"c\\"]"} 1`,
];

/** As a person sets it, who cannot change the code. */
function gzipExporter(url: string): PushMetricExporter {
  vi.stubEnv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip");
  const exporter = new ProtobufExporter({ url });
  vi.unstubAllEnvs();
  return exporter;
}

describe("what the SDK exports", () => {
  it.each([
    ["protobuf", (url: string) => new ProtobufExporter({ url })],
    ["protobuf in gzip", gzipExporter],
    ["JSON", (url: string) => new JsonExporter({ url })],
  ])("as %s is one POST of its group, and is shown", async (_, make) => {
    await start();
    const exporter = make(`${hub.url}/v1/metrics`);
    expect(await exported(exporter, await sdkMetrics())).toEqual({ code: 0 });
    await exporter.shutdown();
    expect(hub.appended.map(({ op, group }) => [op, group])).toEqual([
      ["post", [["job", "lab/tutor"], ["instance", "pc2-1"]]], // biome-ignore format: one push
    ]);
    expect(hub.answered).toEqual([{ outcome: "taken", points: 6, rejected: [] }]);
    const shown = hub.fold.metricsText().split("\n");
    expect(shown).toEqual(expect.arrayContaining(ofTheSdk));
    expect(shown.filter((line) => line.startsWith("poll_duration_milliseconds_bucket"))).toHaveLength(44);
  });

  it("is answered by an empty response of its own type, and where it is stored", async () => {
    await start({ replicated: async () => "local" });
    const bodies = await sdkBodies(await sdkMetrics());
    for (const [body, type, empty] of [
      [bodies.protobuf.bytes, protobuf, ""],
      [bodies.json.bytes, json, "{}"],
    ] as const) {
      const answer = await post(new Uint8Array(body), type);
      expect([answer.status, answer.headers.get("content-type"), await answer.text()]).toEqual([200, type, empty]);
      expect(answer.headers.get("tandem-replication")).toBe("local");
    }
  });
});

it("metrics that are refused are named with the reason, in the encoding of the request, and the rest is taken", async () => {
  await start();
  const body = asked({ a: { gauges: ["x"], deltas: ["d", "e"] } });
  const answer = await post(body);
  expect([answer.status, await answer.json()]).toEqual([
    200,
    {
      partialSuccess: {
        rejectedDataPoints: "2",
        errorMessage: expect.stringMatching(/^d, e: it tells what was added .*TEMPORALITY_PREFERENCE=cumulative/),
      },
    },
  ]);
  expect(hub.appended.map(({ body: text }) => text)).toEqual(["# TYPE x gauge\nx 1\n"]);
  expect(hub.answered[0]).toMatchObject({ outcome: "partial", points: 1, rejected: [{ reason: "temporality" }, {}] });

  const metric = Buffer.concat([part(1, "d"), part(7, part(1, Buffer.alloc(0)))]);
  const binary = await post(new Uint8Array(part(1, part(2, part(2, metric)))), protobuf);
  const wire = new WireReader(new Uint8Array(await binary.arrayBuffer()));
  expect(wire.tag()).toBe(10);
  expect(decoded(wire.bytes())).toEqual([1, expect.stringContaining("d: its aggregation temporality is 0")]);
  expect(binary.headers.get("tandem-replication")).toBeNull();
});

it("several resources are several pushes, answered as peer only when all of them are there", async () => {
  let asking = 0;
  await start({ replicated: async () => (asking++ === 0 ? "peer" : "local") });
  const answer = await post(asked({ a: { gauges: ["x"] }, b: { gauges: ["x"] } }));
  expect([answer.status, answer.headers.get("tandem-replication")]).toEqual([200, "local"]);
  expect(hub.appended.map(({ group }) => group)).toEqual([[["job", "a"]], [["job", "b"]]]);
});

it("a group lives as long as the header says", async () => {
  await start({ groupExpiryMs: 5_000 });
  for (const seconds of ["90", undefined, "0"]) {
    const headers: Record<string, string> = seconds === undefined ? {} : { "tandem-expires-after": seconds };
    expect((await post(asked({ a: { gauges: ["x"] } }), json, headers)).status).toBe(200);
  }
  expect(hub.appended.map(({ expiresAfterMs }) => expiresAfterMs)).toEqual([90_000, 5_000, undefined]);
  const answer = await post(asked({}), json, { "tandem-expires-after": "soon" });
  expect([answer.status, await answer.json()]).toMatchObject([400, { code: 3 }]);
});

/** A name of 1000 letters, which each of 200 series repeats. */
const longNames = JSON.stringify({
  resourceMetrics: [
    {
      scopeMetrics: [
        {
          metrics: [
            {
              name: "x".repeat(1_000),
              gauge: {
                dataPoints: Array.from({ length: 200 }, (_, i) => ({
                  attributes: [{ key: "a", value: { intValue: i } }],
                  asInt: 1,
                })),
              },
            },
          ],
        },
      ],
    },
  ],
});
const bomb = gzipSync(Buffer.alloc(100_000, " "));
it.each<[string, BodyInit, string, Record<string, string>, number, string]>([
  ["what is no protobuf", "x", protobuf, {}, 400, "resource 1 of the protobuf body: it ends"],
  ["what is no JSON", "x", json, {}, 400, "the body is no JSON"],
  ["JSON of another kind", '{"resourceMetrics":1}', json, {}, 400, "resourceMetrics: "],
  ["a body of 100 kB", Buffer.alloc(100_000, " "), json, {}, 413, "larger than 65536 bytes; export in smaller batches"],
  ["100 kB in gzip", bomb, json, { "content-encoding": "gzip" }, 413, "inflates to more than 65536"],
  ["half a gzip", bomb.subarray(0, 50), json, { "content-encoding": "gzip" }, 400, "no gzip"],
  ["zstd", "x", protobuf, { "content-encoding": "zstd" }, 415, "zstd is not known here; send gzip or none"],
  ["a text", "x 1\n", "text/plain", {}, 415, "the content type must be application/x-protobuf or application/json"],
  ["a text that is far longer than its body", longNames, json, {}, 413, "as text, a group would be longer than 65536"],
])("%s is refused, and not appended", async (_, body, type, headers, status, reason) => {
  await start();
  const answer = await post(body, type, headers);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const said = type === protobuf ? decoded(bytes)[1] : type === json ? JSON.parse(Buffer.from(bytes).toString()).message : Buffer.from(bytes).toString(); // biome-ignore format: by type
  expect([answer.status, said]).toEqual([status, expect.stringContaining(reason)]);
  expect(answer.headers.get("content-type")?.split(";")[0]).toBe(type);
  expect(hub.appended).toEqual([]);
  expect(hub.answered).toMatchObject([{ outcome: "refused" }]);
});

it.each([
  ["full", "15"],
  ["busy", "1"],
  ["unavailable", "1"],
] as const)(
  "a store that is %s is answered with 503 and Retry-After, which an exporter repeats",
  async (kind, after) => {
    await start({ append: async () => ({ kind, reason: "because" }) });
    const answer = await post(asked({ a: { gauges: ["x"] } }));
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, after]);
    expect(await answer.json()).toMatchObject({ code: 14, message: expect.stringContaining("because") });
    expect(hub.answered).toEqual([{ outcome: "unavailable", points: 0, rejected: [] }]);
  },
);

it("a hub that still reads its records back says so, without looking at the request", async () => {
  await start({ unready: () => "not yet" });
  const answer = await post(asked({ a: { deltas: ["d"] } }));
  expect([answer.status, answer.headers.get("retry-after"), await answer.json()]).toMatchObject([503, "1", { code: 14, message: "not yet" }]); // biome-ignore format: one answer
});

it("a group in the spool is answered as local", async () => {
  await start({ append: async () => ({ kind: "spooled", position: { incarnation: "one", seq: 1 } }) });
  const answer = await post(asked({ a: { gauges: ["x"] } }));
  expect([answer.status, answer.headers.get("tandem-replication")]).toEqual([200, "local"]);
});

it("a body of more parts than are taken is too large, not malformed", async () => {
  await start({ maxBodyBytes: 1024 * 1024 });
  const answer = await post(new Uint8Array(part(1, Buffer.alloc(500_000, part(2, "")))), protobuf);
  expect([answer.status, decoded(new Uint8Array(await answer.arrayBuffer()))]).toEqual([
    413,
    [8, expect.stringContaining("more than 200000 points, attributes and other parts; export in smaller batches")],
  ]);
});

it("more than 1000 groups at once are refused", async () => {
  await start({ maxBodyBytes: 1024 * 1024 });
  const jobs = Object.fromEntries(Array.from({ length: 1_001 }, (_, i) => [`j${i}`, { gauges: ["x"] }]));
  const answer = await post(asked(jobs));
  expect([answer.status, await answer.json()]).toMatchObject([413, { message: "1001 groups at once; 1000 are taken" }]);
});

it("another method is answered with 405, and traces and logs with 404 and what is taken instead", async () => {
  await start();
  const read = await fetch(`${hub.url}/v1/metrics`);
  expect([read.status, read.headers.get("allow"), await read.text()]).toMatchObject([405, "POST", expect.stringContaining("use POST")]); // biome-ignore format: one answer
  for (const path of ["/v1/traces", "/v1/logs"]) {
    const answer = await post("{}", json, {}, path);
    expect([answer.status, await answer.json()]).toMatchObject([404, { message: expect.stringContaining("metrics only, at /v1/metrics") }]); // biome-ignore format: one answer
  }
  expect((await fetch(`${hub.url}/v1/other`)).status).toBe(404);
});

it("a body that has not come whole after 50 ms is answered with 408", async () => {
  await start({ bodyDeadlineMs: 50 });
  const status = await new Promise((resolve, reject) => {
    const headers = { "content-length": 4, "content-type": json };
    const pending = request(`${hub.url}/v1/metrics`, { method: "POST", headers });
    pending.on("response", (response) => resolve(response.statusCode)).on("error", reject);
    pending.write("x");
  });
  expect(status).toBe(408);
});

it("where a push needs a token, what its holder may not write is refused of a request, and all of one without a token", async () => {
  const holder: Writer = {
    whyNot: (group) => (groupKey(group).includes("tutor") ? undefined : "the token of a writes no group of job other"),
  };
  const denial = { status: 401 as const, error: "a push needs a token", headers: { "www-authenticate": "Bearer" } };
  await start({ gate: ({ headers }) => (headers.authorization === "Bearer a" ? holder : { denial }) });
  const body = asked({ tutor: { gauges: ["one"] }, other: { gauges: ["two", "three"] } });
  expect((await post(body)).status).toBe(401);
  expect(hub.appended).toEqual([]);
  const answer = await post(body, json, { authorization: "Bearer a" });
  expect(await answer.json()).toMatchObject({
    partialSuccess: { rejectedDataPoints: "2", errorMessage: expect.stringContaining("writes no group of job other") },
  });
  expect(hub.appended.map(({ group }) => groupKey(group))).toEqual(['job="tutor"']);
});

it("what passes a limit on pushes is refused of a request, with the limit, and the rest is taken", async () => {
  hub = await startPushServer({ limits: { familiesPerPush: 2 } });
  const answer = await post(asked({ small: { gauges: ["one"] }, large: { gauges: ["a", "b", "c"] } }));
  expect(await answer.json()).toMatchObject({
    partialSuccess: { rejectedDataPoints: "3", errorMessage: expect.stringMatching(/2 .*most|most .*2|more than 2/) },
  });
  expect(hub.appended.map(({ group }) => groupKey(group))).toEqual(['job="small"']);
});

it.each<[string, Partial<PushLimits>, string[], number]>([
  ["3 groups", { groups: 3 }, ["a", "b", "c", "d", "e"], 3],
  ["6,000 characters", { textCharacters: 6_000 }, ["a", "b", "c", "d"].map((job) => job.repeat(1_000)), 2],
])("a limit of %s is not passed by what one request brings together", async (_, limits, jobs, taken) => {
  hub = await startPushServer({ limits });
  const answer = await post(asked(Object.fromEntries(jobs.map((job) => [job, { gauges: ["x"] }]))));
  expect([answer.status, await answer.json()]).toMatchObject([
    200,
    { partialSuccess: { rejectedDataPoints: String(jobs.length - taken) } },
  ]);
  expect(hub.appended.map(({ group }) => group)).toEqual(jobs.slice(0, taken).map((job) => [["job", job]]));
});

it("what one request brings is counted as there until it is stored, and no longer", async () => {
  let [isFull, kept] = [true, 0];
  hub = await startPushServer({
    limits: { groups: 3 },
    otlp: {
      append: async () => {
        if (isFull) return { kind: "full", reason: "because" };
        return { kind: "stored", position: { incarnation: "one", seq: ++kept } };
      },
    },
  });
  const body = asked({ a: { gauges: ["x"] }, b: { gauges: ["x"] }, c: { gauges: ["x"] } });
  expect((await post(body)).status).toBe(503);
  isFull = false;
  expect([(await post(body)).status, kept]).toEqual([200, 3]);
});

it("groups whose long labels make far more of a request than its body are refused together, before any is checked", async () => {
  hub = await startPushServer({ limits: { textCharactersPerPush: 3_000 } });
  const ofJobs = (letters: string) =>
    asked(Object.fromEntries([...letters].map((letter) => [letter.repeat(1_000), { gauges: ["x", "y"] }])));
  const answer = await post(ofJobs("abcdefg"));
  expect([answer.status, await answer.json()]).toMatchObject([
    413,
    { message: expect.stringContaining("would be longer than 12000 characters; export in smaller batches") },
  ]);
  expect(hub.appended).toEqual([]);
  expect(await (await post(ofJobs("abcde"))).json()).toEqual({});
  expect(hub.appended).toHaveLength(5);
});
