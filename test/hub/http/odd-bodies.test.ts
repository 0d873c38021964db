/** Bodies that no client should send: the same verdict as a real Pushgateway's, or a clear 4xx where it has no good one. */
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { limitNames } from "../../../hub/core/push-limits.ts";
import { RealPushgateway } from "../../support/pushgateway.ts";
import { type PushServer, startPushServer } from "./push-api-server.ts";

const mebibyte = 1024 * 1024;
const path = "/metrics/job/odd";
const utf8Not = Buffer.from([0xff, 0xfe]);
const long = "b".repeat(mebibyte);

/** A Pushgateway has none. */
const wide = Object.fromEntries(limitNames.map((limit) => [limit, 100 * mebibyte]));

let gateway: RealPushgateway;
let hub: PushServer;

beforeAll(async () => {
  gateway = await RealPushgateway.start((host, port) => [
    `--web.listen-address=${host}:${port}`,
    "--persistence.file=",
  ]);
  hub = await startPushServer({ maxBodyBytes: 4 * mebibyte, limits: wide });
});
afterAll(() => Promise.all([gateway?.kill(), hub?.close()]));

const send = async (url: string, body: BodyInit, headers: Record<string, string> = {}, to = path) => {
  const answer = await fetch(url + to, { method: "PUT", body, headers });
  return { status: answer.status, text: await answer.text() };
};

/** A refused push leaves everything as it was, and the hub goes on. */
async function expectRefusedWhole(status: number, pushed: () => Promise<{ status: number; text: string }>) {
  const [records, shown] = [hub.appended.length, hub.fold.metricsText()];
  const answer = await pushed();
  expect([answer.status, answer.text], answer.text).toEqual([status, expect.stringMatching(/\w{3}/)]);
  expect([hub.appended.length, hub.fold.metricsText()]).toEqual([records, shown]);
  expect((await send(hub.url, "alive 1\n", {}, "/metrics/job/alive")).status).toBe(200);
  expect(hub.failures).toEqual([]);
}

const histogram = (...lines: string[]) => `# TYPE h histogram\n${lines.join("\n")}\nh_sum 1\nh_count 5\n`;
const bucket = (le: string, count: number) => `h_bucket{le="${le}"} ${count}`;
const labels = (count: number) => Array.from({ length: count }, (_, i) => `l${i}="1"`).join();

it.each<[string, string | Buffer<ArrayBuffer>, number]>([
  ["no line feed at the end", "x 1", 400],
  ["CRLF", "x 1\r\ny 2\r\n", 400],
  ["CRLF behind a TYPE", "# TYPE x gauge\r\nx 1\r\n", 400],
  ["a byte order mark", "\ufeffx 1\n", 400],
  ["NaN and infinities", "x NaN\ny +Inf\nz -Inf\nv inf\nw Infinity\n", 200],
  ["a hexadecimal float", "x 0x1p4\n", 400],
  ["a hexadecimal number", "x 0x10\n", 400],
  ["a number above the largest", "x 1e400\n", 400],
  ["a number below the smallest", "x 1e-400\n", 200],
  ["a TYPE behind its samples", "x 1\n# TYPE x gauge\n", 400],
  ["two HELP lines that differ", "# HELP x a\n# HELP x b\nx 1\n", 400],
  ["an unclosed quote", 'x{a="b} 1\n', 400],
  ["an unclosed quote at the end", 'x{a="b', 400],
  ["buckets that fall", histogram(bucket("1", 5), bucket("2", 3), bucket("+Inf", 5)), 200],
  ["bounds that fall", histogram(bucket("2", 3), bucket("1", 5)), 200],
  ["no bucket +Inf", histogram(bucket("1", 3)), 200],
  ["a bucket +Inf that is not the count", histogram(bucket("1", 3), bucket("+Inf", 4)), 200],
  ["a label twice", 'x{a="1",a="2"} 1\n', 400],
  ["a label twice among 1,000", `x{${labels(1000)},l500="2"} 1\n`, 400],
  ["1,000 labels", `x{${labels(1000)}} 1\n`, 200],
  ["the label __name__", 'x{__name__="y"} 1\n', 400],
  ["a series twice", "x 1\nx 2\n", 400],
  ["a timestamp", "x 1 1\n", 400],
  ["NUL in a name", "x\0 1\n", 400],
  ["NUL in a label value", 'x{a="\0"} 1\n', 200],
  ["NUL in a HELP", "# HELP x a\0b\nx 1\n", 200],
  ["invalid UTF-8 in a label value", Buffer.concat([Buffer.from('x{a="'), utf8Not, Buffer.from('"} 1\n')]), 400],
  ["invalid UTF-8 in a name", Buffer.concat([utf8Not, Buffer.from(" 1\n")]), 400],
  ["a label value of 1 MiB", `x{a="${long}"} 1\n`, 200],
  ["a name of 1 MiB", `${long} 1\n`, 200],
  ["a HELP of 1 MiB", `# HELP x ${long}\nx 1\n`, 200],
  ["a number of 1 MiB", `x ${"1".repeat(mebibyte)}\n`, 400],
  ["1 MiB of blanks", `x${" ".repeat(mebibyte)}1\n`, 200],
  ["1 MiB of line feeds", "\n".repeat(mebibyte), 200],
])("%s gets the Pushgateway's verdict", async (_, body, status) => {
  expect((await send(gateway.url, body)).status).toBe(status);
  if (status === 200) expect((await send(hub.url, body)).status).toBe(200);
  else await expectRefusedWhole(status, () => send(hub.url, body));
});

const zeros = gzipSync(Buffer.alloc(64 * mebibyte));
const repeat = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join("");

it.each<[string, number, () => Promise<{ status: number; text: string }>]>([
  ["64 MiB in 64 KB of gzip", 413, () => send(hub.url, zeros, { "content-encoding": "gzip" })],
  ["gzip that is cut off", 400, () => send(hub.url, zeros.subarray(0, 1_000), { "content-encoding": "gzip" })],
  ["text that is called gzip", 400, () => send(hub.url, "x 1\n", { "content-encoding": "gzip" })],
  ["gzip that is called br", 415, () => send(hub.url, gzipSync("x 1\n"), { "content-encoding": "br" })],
  ["gzip that is called nothing", 400, () => send(hub.url, gzipSync("x 1\n"))],
  ["gzip in gzip", 400, () => send(hub.url, gzipSync(gzipSync("x 1\n")), { "content-encoding": "gzip" })],
  [
    "a million series",
    413,
    () =>
      send(
        hub.url,
        repeat(1_000_000, (i) => `x{a="${i}"} 1\n`),
      ),
  ],
  [
    "200,000 series under 12 KB of grouping labels",
    400,
    () =>
      send(
        hub.url,
        repeat(200_000, (i) => `x{a="${i}"} 1\n`),
        {},
        `${path}/y/${"z".repeat(12_000)}`,
      ),
  ],
  [
    "a bucket twice among 100,000",
    400,
    () =>
      send(
        hub.url,
        histogram(
          repeat(100_000, (i) => `${bucket(`${i}`, 1)}\n`),
          bucket("7", 1),
        ),
      ),
  ],
  [
    "invalid UTF-8 in a HELP",
    400,
    () => send(hub.url, Buffer.concat([Buffer.from("# HELP x "), utf8Not, Buffer.from("\nx 1\n")])),
  ],
])("%s gets %i with the reason", async (_, status, pushed) => {
  await expectRefusedWhole(status, pushed);
});

it.each<[string, () => string]>([
  ["100,000 series", () => repeat(100_000, (i) => `x{a="${i}"} 1\n`)],
  ["100,000 names", () => repeat(100_000, (i) => `x${i} 1\n`)],
  ["100,000 labels", () => `x{${labels(100_000)}} 1\n`],
  ["100,000 buckets that fall", () => histogram(repeat(100_000, (i) => `${bucket(`${100_000 - i}`, 1)}\n`))],
])("%s in one push are taken, in less than the test's time", async (_, body) => {
  expect((await send(hub.url, body())).status).toBe(200);
  expect((await send(hub.url, "x 1\n")).status).toBe(200);
});
