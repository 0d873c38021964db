/** Requests that break HTTP or stretch its limits, as bytes on a socket: to the hub's own server, and to a real Pushgateway. */
import { connect } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { RealPushgateway } from "../../support/pushgateway.ts";
import { until } from "../../support/until.ts";
import { type PushServer, startPushServer } from "./push-api-server.ts";

const bodyDeadlineMs = 150;

let gateway: RealPushgateway;
let hub: PushServer;

beforeAll(async () => {
  gateway = await RealPushgateway.start((host, port) => [
    `--web.listen-address=${host}:${port}`,
    "--persistence.file=",
  ]);
  hub = await startPushServer({
    bodyDeadlineMs,
    deadlines: { headerMs: 300, requestMs: 600, checkEveryMs: 20 },
  });
});
afterAll(async () => {
  await Promise.all([gateway?.kill(), hub?.close()]);
});

/** The status of the first answer to these bytes; 0 when the connection ended without one. */
function statusOf(url: string, bytes: string): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(bytes, "latin1"));
    let text = "";
    const finish = () => {
      socket.destroy();
      resolve(Number(/^HTTP\/1\.[01] (\d+)/.exec(text)?.[1] ?? 0));
    };
    socket.setEncoding("latin1").on("data", (part: string) => {
      text += part;
      if (text.includes("\r\n\r\n")) finish();
    });
    socket.on("close", finish).on("error", finish);
  });
}

const push = (headers: string[], body = "x 1\n", target = "/metrics/job/raw", method = "PUT") =>
  [`${method} ${target} HTTP/1.1`, "Host: hub", ...headers, "", body].join("\r\n");
const sized = (target: string, method = "PUT") => push(["Content-Length: 4"], "x 1\n", target, method);

async function expectAsBefore(records: number, shown: string): Promise<void> {
  expect([hub.appended.length, hub.fold.metricsText()]).toEqual([records, shown]);
  expect(await statusOf(hub.url, sized("/metrics/job/alive"))).toBe(200);
  expect(hub.failures).toEqual([]);
}

it.each<[string, string, number]>([
  ["two Content-Lengths that differ", push(["Content-Length: 4", "Content-Length: 9"]), 400],
  ["a negative Content-Length", push(["Content-Length: -4"]), 400],
  ["no Host", "PUT /metrics/job/raw HTTP/1.1\r\nContent-Length: 4\r\n\r\nx 1\n", 400],
  ["an expectation that nobody knows", push(["Content-Length: 4", "Expect: magic"]), 417],
  ["something that is no HTTP", "hello\r\n\r\n", 400],
  ["a chunk that is longer than it says", push(["Transfer-Encoding: chunked"], "2\r\nx 1\n\r\n0\r\n\r\n"), 400],
  ["NUL in the path", sized("/metrics/job/a\0b"), 400],
  ["a percent sign alone", sized("/metrics/job/a%zz"), 400],
  ["an encoded slash", sized("/metrics/job/a%2Fb"), 400],
  ["__name__ as grouping label", sized("/metrics/job/a/__name__/b"), 400],
  ["a label without a value", sized("/metrics/job/a/b"), 400],
  ["broken base64", sized("/metrics/job/a/b@base64/a!b"), 400],
  ["base64 of one character", sized("/metrics/job/a/b@base64/a"), 400],
])("%s: refused as by the Pushgateway", async (_, bytes, status) => {
  const [records, shown] = [hub.appended.length, hub.fold.metricsText()];
  expect(await statusOf(gateway.url, bytes)).toBe(status);
  expect(await statusOf(hub.url, bytes)).toBe(status);
  await expectAsBefore(records, shown);
});

it.each<[string, string, number]>([
  ["an encoded NUL in the path", sized("/metrics/job/nul%00b"), 200],
  ["a grouping label twice", sized("/metrics/job/twice/b/1/b/2"), 200],
  ["3 kB of base64", sized(`/metrics/job/long/b@base64/${"YWFh".repeat(1_000)}`), 200],
  ["one chunk", push(["Transfer-Encoding: chunked"], "4\r\nx 1\n\r\n0\r\n\r\n"), 200],
  ["a DELETE with a body", push(["Content-Length: 4"], "x 1\n", "/metrics/job/raw", "DELETE"), 202],
  ["an empty Content-Encoding", push(["Content-Length: 4", "Content-Encoding: "]), 200],
])("%s: taken as by the Pushgateway", async (_, bytes, status) => {
  expect(await statusOf(gateway.url, bytes)).toBe(status);
  for (const path of ["nul%00b", "twice/b/2", `long/b@base64/${"YWFh".repeat(1_000)}`, "raw"])
    await fetch(`${gateway.url}/metrics/job/${path}`, { method: "DELETE" });
  const records = hub.appended.length;
  expect(await statusOf(hub.url, bytes)).toBe(status);
  expect(hub.appended).toHaveLength(records + 1);
  for (const { group } of [...hub.fold.groups()])
    hub.fold.apply({ kind: "push", op: "delete", group, body: "", at: { wallMs: 1e14, counter: ++deletes } }, "mainpc");
});
let deletes = 0;

it.each<[string, string, number]>([
  ["two Content-Lengths alike", push(["Content-Length: 4", "Content-Length: 4"]), 400],
  [
    "a Content-Length with chunks",
    push(["Content-Length: 4", "Transfer-Encoding: chunked"], "4\r\nx 1\n\r\n0\r\n\r\n"),
    400,
  ],
  ["a chunk of 2^68 bytes", push(["Transfer-Encoding: chunked"], "fffffffffffffffff\r\nx 1\n"), 400],
  ["a chunk without a size", push(["Transfer-Encoding: chunked"], "zz\r\nx 1\n\r\n0\r\n\r\n"), 400],
  ["a path that is not UTF-8", sized("/metrics/job/a%ff"), 400],
  ["//", sized("/metrics//job/a"), 400],
  ["//", sized("//metrics/job/a"), 404],
  ["..", sized("/metrics/job/.."), 400],
  ["an encoded ..", sized("/metrics/job/%2e%2e/x/1"), 400],
  ["no job", sized("/metrics/job/"), 400],
  ["an empty job in base64", sized("/metrics/job@base64/="), 400],
  ["20 kB of base64", sized(`/metrics/job/a/b@base64/${"YWFh".repeat(5_000)}`), 431],
  ["5,000 headers", push(["Content-Length: 4", ...Array(5_000).fill("X: 1")]), 431],
  ["a header of 100 kB", push(["Content-Length: 4", `X: ${"a".repeat(100_000)}`]), 431],
  ["a header that does not end", "PUT /metrics/job/raw HTTP/1.1\r\nHost: hub\r\nX: ", 408],
  ["a body that does not end", push(["Content-Length: 400"]), 408],
  ["chunks that do not end", push(["Transfer-Encoding: chunked"], "4\r\nx 1\n\r\n"), 408],
])("%s: refused by the hub with a status of its own", async (_, bytes, status) => {
  const [records, shown] = [hub.appended.length, hub.fold.metricsText()];
  expect(await statusOf(hub.url, bytes)).toBe(status);
  await expectAsBefore(records, shown);
});

it("a DELETE is done without waiting for the body that it announces", async () => {
  expect(await statusOf(hub.url, push(["Content-Length: 4"], "", "/metrics/job/raw", "DELETE"))).toBe(202);
  expect(hub.appended.at(-1)).toMatchObject({ op: "delete", group: [["job", "raw"]] });
});

it("a body that comes a byte at a time, without end, is given up at its deadline", async () => {
  const [records, shown] = [hub.appended.length, hub.fold.metricsText()];
  const socket = connect(Number(new URL(hub.url).port), "127.0.0.1");
  let answer = "";
  socket.setEncoding("latin1").on("data", (part: string) => (answer += part));
  socket.on("error", () => {});
  socket.write(push(["Content-Length: 60000"], ""));
  const drip = setInterval(() => socket.write("#"), 10);
  await until("an answer", () => answer.includes("\r\n\r\n")).finally(() => clearInterval(drip));
  socket.destroy();
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  await expectAsBefore(records, shown);
});

it("100 senders that go away in the middle leave no record and no connection", async () => {
  const [records, shown] = [hub.appended.length, hub.fold.metricsText()];
  const whole = push(["Content-Length: 400"]);
  for (let i = 0; i < 100; i++) {
    const socket = connect(Number(new URL(hub.url).port), "127.0.0.1");
    socket.on("error", () => {});
    await new Promise((resolve) => socket.write(whole.slice(0, 1 + ((i * 7) % whole.length)), resolve));
    if (i % 2 === 0) socket.destroy();
    else socket.resetAndDestroy();
  }
  await until("no connection left", async () => (await hub.connections()) === 0);
  await expectAsBefore(records, shown);
});
