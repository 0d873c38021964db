/** The same pushes to a real Pushgateway and to the push API: verdicts and what is shown must be the same. */
import { type ChildProcess, spawn } from "node:child_process";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { groupPath } from "../../../hub/core/group-path.ts";
import { ensureTool } from "../../../ops/tools/ensure-tool.ts";
import { freePorts } from "../../support/free-ports.ts";
import { until } from "../../support/until.ts";
import { contentType, delimited, double, part, whole } from "../core/exposition/protobuf/encode.ts";
import { type EncodedPush, encodedPush, type RawPush, rawPush } from "./push-api-arbitrary.ts";
import { type PushServer, startPushServer } from "./push-api-server.ts";

const seed = 20_261;
const pushes = 400;

let gateway: ChildProcess;
let gatewayUrl = "";
let hub: PushServer;

beforeAll(async () => {
  [gateway, gatewayUrl] = await startGateway();
  hub = await startPushServer();
});

afterAll(async () => {
  gateway?.kill();
  await hub?.close();
});

it.each<[string, fc.Arbitrary<RawPush | EncodedPush>]>([
  ["as text", rawPush],
  ["as text and protobuf, plain and in gzip", encodedPush],
])(`${pushes} random pushes %s, good and bad, get the same verdict and show the same metrics`, async (_, each) => {
  let accepted = 0;
  for (const [i, push] of fc.sample(each, { seed, numRuns: pushes }).entries()) {
    const [there, here] = [await send(gatewayUrl, push), await send(hub.url, push)];
    expect(`${i} ${statusClass(here)}`, `${JSON.stringify(push)}\n${there.text}\n${here.text}`).toBe(
      `${i} ${statusClass(there)}`,
    );
    if (here.status < 300) accepted++;
    if (i % 20 === 19) await expectSameMetrics();
  }
  expect(accepted).toBeGreaterThan(pushes / 5);
});

it("an empty Pushgateway that is fed each group's text shows the same metrics", async () => {
  const [second, url] = await startGateway();
  try {
    for (const { key, group } of hub.fold.groups()) {
      const body = hub.fold.groupText(key);
      expect((await send(url, { method: "PUT", path: groupPath(group), body })).status, body).toBe(200);
    }
    expect(shown(await (await fetch(`${url}/metrics`)).text())).toEqual(
      shown(await (await fetch(`${hub.url}/metrics`)).text()),
    );
  } finally {
    second.kill();
  }
});

it.each([
  ["a family's second TYPE line", "# TYPE k1 gauge\n# TYPE k1 gauge\nk1 1\n"],
  ["a TYPE line after the samples", "k2 1\n# TYPE k2 gauge\n"],
  ["a sum before its histogram's TYPE line", "k3_sum 1\n# TYPE k3 histogram\nk3_count 1\n"],
  ["a last line without a line feed", "k4 1"],
  ["a timestamp", "k5 1 1395066363000\n"],
  ["a carriage return", "k6 1\r\n"],
  ["blanks in every place that takes them", ' \tk7 { x = "1" , y ="2", } \t 1\n'],
  ["a value right after the labels", 'k8{x="1"}1\n'],
  ["a label twice", 'k9{x="1",x="2"} 1\n'],
  ["a label that starts with two underscores", 'k10{__x="1"} 1\n'],
  ["the label __name__", 'k11{__name__="1"} 1\n'],
  ["two series that the group's labels make equal", 'k12{x="1"} 1\nk12{x="1",job="other"} 2\n'],
  ["an unknown escape in a label", 'k13{x="\\t"} 1\n'],
  ["an unknown escape in a help", "# HELP k14 a\\tb\nk14 1\n"],
  ["a number that is too large", "k15 1e999\n"],
  ["a number in hexadecimal", "k16 0x1p-2\n"],
  ["a number with underscores", "k17 1_000\n"],
  ["a comment without anything", "#\n# \n#HELP k18 glued\nk18 1\n"],
  ["a bare sample of a histogram", "# TYPE k19 histogram\nk19 5\n"],
  ["a histogram without its sum", '# TYPE k20 histogram\nk20_bucket{le="1"} 2\nk20_count 4.7\n'],
  ["a bucket that is no number", '# TYPE k21 histogram\nk21_bucket{le="one"} 2\n'],
  ["a bucket with its name bare", '# TYPE k22 histogram\nk22{le="1"} 2\n'],
  ["a summary's bucket, which is a metric of its own", "# TYPE k23 summary\nk23_sum 1\nk23_bucket 2\n"],
  ["an unknown type", "# TYPE k24 meter\nk24 1\n"],
  ["a TYPE line with more than a type", "# TYPE k25 gauge really\nk25 1\n"],
  ["nothing at all", ""],
  ["blanks alone", "  \t"],
  ["the Pushgateway's own metric with its type", "# TYPE go_threads gauge\ngo_threads 1\n"],
  ["the Pushgateway's own metric with another type", "process_open_fds 1\n"],
])("%s gets the same verdict and the same text", async (_, body) => {
  const push: RawPush = { method: "PUT", path: "/metrics/job/cases", body };
  const [there, here] = [await send(gatewayUrl, push), await send(hub.url, push)];
  expect(statusClass(here), `${there.text}\n${here.text}`).toBe(statusClass(there));
  await expectSameMetrics();
});

/** A family of one metric. */
const family = (name: string, type: number, ...metric: Buffer[]) =>
  delimited(Buffer.concat([part(1, name), whole(3, type), part(4, Buffer.concat(metric))]));
const label = (name: string) => part(1, Buffer.concat([part(1, name), part(2, "1")]));
const gaugeOne = part(2, double(1, 1));
const histogramOf = (...fields: Buffer[]) => part(7, Buffer.concat(fields));

it.each<[string, Buffer]>([
  ["nothing", Buffer.alloc(0)],
  ["a message that is cut off", family("p1", 1, gaugeOne).subarray(0, 9)],
  ["a metric without a value of its type", family("p2", 1, part(3, double(1, 1)))],
  ["a metric with two values", family("p3", 1, gaugeOne, part(3, double(1, 2)))],
  ["a value that comes twice", family("p4", 1, gaugeOne, part(2, double(1, 3)))],
  ["a value that comes twice, once empty", family("p5", 1, gaugeOne, part(2, Buffer.alloc(0)))],
  ["a timestamp of 0", family("p6", 1, gaugeOne, whole(6, 0))],
  ["no type, which is a counter", delimited(Buffer.concat([part(1, "p7"), part(4, part(3, double(1, 1)))]))],
  ["no metrics", delimited(Buffer.concat([part(1, "p8"), whole(3, 1)]))],
  ["a label twice", family("p9", 1, label("x"), label("x"), gaugeOne)],
  ["a label that is no name", family("p10", 1, label("a-b"), gaugeOne)],
  ["the label __name__", family("p11", 1, label("__name__"), gaugeOne)],
  ["the label quantile in a summary", family("p12", 2, label("quantile"), part(4, Buffer.alloc(0)))],
  ["a histogram without anything", family("p13", 4, histogramOf())],
  ["a histogram of 2^53 + 1", family("p14", 4, histogramOf(whole(1, 2n ** 53n + 1n)))],
  ["a histogram in two parts", family("p15", 4, histogramOf(whole(1, 3)), histogramOf(double(2, 1.5)))],
  ["a native histogram", family("p16", 4, histogramOf(whole(1, 3), double(2, 1), Buffer.from([0x28, 4])))],
  ["fields that nobody knows", family("p17", 1, gaugeOne, whole(99, 1), part(98, "later"), double(97, 1))],
])("protobuf with %s gets the same verdict and the same text", async (_, body) => {
  const push = { method: "PUT", path: "/metrics/job/protobuf", body: Buffer.from(body), headers: protobufHeaders };
  const [there, here] = [await send(gatewayUrl, push), await send(hub.url, push)];
  expect(statusClass(here), `${there.text}\n${here.text}`).toBe(statusClass(there));
  await expectSameMetrics();
});
const protobufHeaders = { "content-type": contentType };

it.each<[string, Buffer]>([
  ["a length without its message", Buffer.from([5])],
  ["a name that is none", family("a 1\nb", 1, gaugeOne)],
  ["a family twice", Buffer.concat([family("q1", 1, gaugeOne), family("q1", 1, gaugeOne)])],
  ["a gauge histogram", family("q2", 5, histogramOf())],
  ["a type of a later version", family("q3", 9, gaugeOne)],
  ["a bucket at NaN", family("q4", 4, histogramOf(part(3, double(2, Number.NaN))))],
  ["a bucket twice", family("q5", 4, histogramOf(part(3, double(2, 1)), part(3, double(2, 1))))],
  ["counts in fractions", family("q6", 4, histogramOf(double(4, 2.5)))],
  ["the label le in a histogram", family("q7", 4, label("le"), histogramOf())],
])("protobuf with %s, which a Pushgateway takes, is refused here", async (_, body) => {
  const push = { method: "PUT", path: "/metrics/job/refused", body: Buffer.from(body), headers: protobufHeaders };
  expect((await send(gatewayUrl, push)).status).toBe(200);
  expect((await send(hub.url, push)).status).toBe(400);
  await send(gatewayUrl, { method: "DELETE", path: push.path });
  await expectSameMetrics();
});

it.each([
  ["PUT", "/metrics/job/paths", 200],
  ["POST", "/metrics/job/paths/", 200],
  ["PUT", "/metrics/job/paths/x/", 200],
  ["PUT", "/metrics/job/slash%2Fx/1", 200],
  ["PUT", "/metrics/job/slash%2Fx", 400],
  ["PUT", "/metrics/job%40base64/cGF0aHM", 200],
  ["PUT", "/metrics/job@base64/cGF0aHM=", 200],
  ["PUT", "/metrics/job@base64/=", 400],
  ["PUT", "/metrics/job/paths/job/other", 200],
  ["PUT", "/metrics/job/paths/x/1/x/2", 200],
  ["PUT", "/metrics/job/plus+sign", 200],
  ["DELETE", "/metrics/job/paths", 202],
  ["DELETE", "/metrics/job/never-pushed", 202],
  ["PATCH", "/metrics/job/paths", 405],
  ["GET", "/metrics/job/paths", 405],
])("%s %s is answered with %i by both", async (method, path, status) => {
  const push = { method, path, body: method === "GET" ? undefined : "" };
  expect((await send(gatewayUrl, push)).status).toBe(status);
  expect((await send(hub.url, push)).status).toBe(status);
  await expectSameMetrics();
});

it("a group's JSON has the same shape, values and labels", async () => {
  const body = `# HELP j1 Help.\n# TYPE j1 gauge\nj1{x="1"} 1234567\n# TYPE j2 histogram
j2_bucket{le="0.5"} 3000000\nj2_bucket{le="+Inf"} 4000000\nj2_sum 2.5\nj2_count 4000000\n# TYPE j3 summary\nj3{quantile="0.5"} 2\nj3_count 1\n`;
  const push: RawPush = { method: "PUT", path: "/metrics/job/json/z/9", body };
  await Promise.all([send(gatewayUrl, push), send(hub.url, push)]);
  const [there, here] = [await groupJson(gatewayUrl, "json"), await groupJson(hub.url, "json")];
  expect(here).toEqual(there);
});

async function startGateway(): Promise<[ChildProcess, string]> {
  const program = await ensureTool("pushgateway", () => {});
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const started = spawn(program, [`--web.listen-address=127.0.0.1:${port}`, "--persistence.file="], {
    stdio: "ignore",
  });
  await until("the Pushgateway", async () => (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok);
  return [started, url];
}

async function groupJson(url: string, job: string): Promise<unknown> {
  const { data } = (await (await fetch(`${url}/api/v1/metrics`)).json()) as { data: { labels: { job: string } }[] };
  const group = data.find(({ labels }) => labels.job === job);
  return JSON.parse(JSON.stringify(group), (key, value) => {
    if (key === "time_stamp") return typeof value;
    return key === "push_time_seconds" ? { ...value, metrics: value.metrics.length } : value;
  });
}

interface Answer {
  status: number;
  text: string;
}

async function send(
  url: string,
  { method, path, body, headers }: { method: string; path: string; body?: BodyInit; headers?: Record<string, string> },
): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers,
    body: method === "DELETE" ? undefined : body,
    redirect: "manual",
    signal: AbortSignal.timeout(10_000),
  });
  return { status: response.status, text: await response.text() };
}

const statusClass = ({ status }: Answer) => Math.floor(status / 100);

/** The Pushgateway answers a DELETE before it is done. */
async function expectSameMetrics(): Promise<void> {
  const here = shown(await (await fetch(`${hub.url}/metrics`)).text());
  let there: string[] = [];
  await until(
    "the same metrics",
    async () => {
      there = shown(await (await fetch(`${gatewayUrl}/metrics`)).text());
      return there.join() === here.join();
    },
    2_000,
  ).catch(() => {});
  expect(here).toEqual(there);
}

/** Lines in order, without the Pushgateway's own metrics, times, and groups that only a refused push has made there. */
function shown(text: string): string[] {
  const own = /^(# (HELP|TYPE) )?(go_|process_|pushgateway_|push_failure_time_seconds)/;
  return text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("# HELP") && (!own.test(line) || /^go_.*job="/.test(line)))
    .filter((line) => !/^push_time_seconds.* 0$/.test(line))
    .map((line) => (line.startsWith("push_time_seconds") ? line.replace(/ \S+$/, "") : line))
    .sort();
}
