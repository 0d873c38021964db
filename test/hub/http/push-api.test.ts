import { request } from "node:http";
import { gzipSync } from "node:zlib";
import { afterEach, expect, it } from "vitest";
import type { PushApiOptions } from "../../../hub/http/push-api.ts";
import { contentType as protobuf } from "../core/exposition/protobuf/encode.ts";
import { goClientBody } from "../core/exposition/protobuf/go-client-body.ts";
import { type PushServer, startPushServer } from "./push-api-server.ts";

let hub: PushServer;
const start = async (overrides: Partial<PushApiOptions> = {}) => {
  hub = await startPushServer(overrides);
};
afterEach(() => hub.close());

const put = (path: string, body: BodyInit, headers: Record<string, string> = {}) =>
  fetch(hub.url + path, { method: "PUT", body, headers });

it("a push is appended and answered with 200 and where it is stored, a DELETE with 202", async () => {
  const answers: unknown[] = [];
  await start({ onAnswer: (...answer) => answers.push(answer) });
  const answer = await put("/metrics/job/a?ignored=1", "x 1\ny 2\n");
  expect([answer.status, answer.headers.get("tandem-replication"), await answer.text()]).toEqual([200, "peer", ""]);
  expect((await fetch(`${hub.url}/metrics/job/a`, { method: "DELETE" })).status).toBe(202);
  expect(hub.appended).toEqual([
    { kind: "push", op: "put", group: [["job", "a"]], body: "x 1\ny 2\n" },
    { kind: "push", op: "delete", group: [["job", "a"]], body: "" },
  ]);
  expect(answers).toEqual([
    [200, "put", 2],
    [202, "delete", 0],
  ]);
});

it("a push that the peer has not stored says local", async () => {
  await start({ replicated: async () => "local" });
  expect((await put("/metrics/job/a", "x 1\n")).headers.get("tandem-replication")).toBe("local");
});

it("a body of Go's client is stored as text, in gzip too", async () => {
  await start();
  const headers = { "content-type": protobuf };
  expect((await put("/metrics/job/a", goClientBody, headers)).status).toBe(200);
  const zipped = await put("/metrics/job/a", gzipSync(goClientBody), { ...headers, "content-encoding": "gzip" });
  expect(zipped.status).toBe(200);
  expect(hub.appended[0]?.body).toMatch(/^# HELP left Left\.\n# TYPE left untyped\nleft -0\.25\n/);
  expect(hub.appended[1]?.body).toBe(hub.appended[0]?.body);
  expect(hub.fold.metricsText()).toContain('runs_total{instance="",job="a",result="good"} 3\n');
});

it("a gzip body is inflated", async () => {
  await start();
  expect((await put("/metrics/job/a", gzipSync("x 1\n"), { "content-encoding": "gzip" })).status).toBe(200);
  expect(hub.appended[0]?.body).toBe("x 1\n");
});

it.each<[string, string, BodyInit, Record<string, string>, number, string]>([
  ["a bad path", "/metrics/job/a/x", "x 1\n", {}, 400, "the label x at the path's end has no value"],
  ["a bad body", "/metrics/job/a", "x one\n", {}, 400, "line 1: the value must be a number"],
  ["a body that is not UTF-8", "/metrics/job/a", new Uint8Array([120, 255, 10]), {}, 400, "not UTF-8"],
  ["a body of 100 kB", "/metrics/job/a", "#".repeat(100_000), {}, 413, "larger than 65536 bytes"],
  ["100 kB in gzip", "/metrics/job/a", gzipSync("#".repeat(100_000)), { "content-encoding": "gzip" }, 413, "inflates"],
  ["half a gzip", "/metrics/job/a", gzipSync("x 1\n").subarray(0, 15), { "content-encoding": "gzip" }, 400, "no gzip"],
  ["zstd", "/metrics/job/a", "x", { "content-encoding": "zstd" }, 415, "zstd is not known here; send gzip or none"],
  ["bad protobuf", "/metrics/job/a", "x", { "content-type": protobuf }, 400, "message 1 of the protobuf body: it ends"],
  ["another protobuf", "/metrics/job/a", "x", { "content-type": "application/vnd.google.protobuf" }, 415, "delimited"],
])("%s is refused and not appended", async (_, path, body, headers, status, reason) => {
  await start();
  const answer = await put(path, body, headers);
  expect([answer.status, await answer.text()]).toEqual([status, expect.stringContaining(reason)]);
  expect(hub.appended).toEqual([]);
});

it.each([
  ["full", 507, null],
  ["busy", 503, "1"],
  ["unavailable", 503, "1"],
] as const)("a store that is %s is answered with %i and the reason", async (kind, status, retryAfter) => {
  await start({ append: async () => ({ kind, reason: "because" }) });
  const answer = await put("/metrics/job/a", "x 1\n");
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([status, retryAfter]);
  expect(await answer.text()).toContain("because");
});

it.each<[string, string, string, string | undefined, string, number]>([
  ["contradicts what stands", "PUT", "/metrics/job/b", "# TYPE x gauge\nx 1\n", "the push was not stored", 400],
  ["would make a third group of two", "PUT", "/metrics/job/c", "y 1\n", "the push was not stored", 507],
  ["has a number that was given away", "PUT", "/metrics/job/a", "x 3\n", "the push was not stored", 409],
  ["deletes a group", "DELETE", "/metrics/job/a", undefined, "the push was not stored", 202],
  ["wipes", "PUT", "/api/v1/admin/wipe", undefined, "nothing is wiped", 202],
])("what %s is answered with 503 and Retry-After until the records are read back", async (...row) => {
  const [, method, path, body, what, verdict] = row;
  let unread: string | undefined;
  hub = await startPushServer({
    limits: { groups: 2 },
    adminApi: true,
    unready: () => unread,
    known: ({ client }) => client && { kind: "reused", reason: "it was given to another push" },
  });
  for (const job of ["a", "b"]) await put(`/metrics/job/${job}`, "# TYPE x counter\nx 1\n");
  hub.appended.length = 0;
  const headers = { ...(verdict === 409 && { "tandem-client": "backup", "tandem-seq": "1" }) };
  const ask = () => fetch(hub.url + path, { method, headers, ...(body !== undefined && { body }) });
  unread = "not yet";
  const early = await ask();
  expect([early.status, early.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(await early.text()).toBe(`${what}: not yet\n`);
  expect(hub.appended).toEqual([]);
  unread = undefined;
  expect((await ask()).status).toBe(verdict);
});

it("a body that has not come whole after 50 ms is answered with 408", async () => {
  await start({ bodyDeadlineMs: 50 });
  const status = await new Promise((resolve, reject) => {
    const pending = request(`${hub.url}/metrics/job/a`, { method: "PUT", headers: { "content-length": 4 } });
    pending.on("response", (response) => resolve(response.statusCode)).on("error", reject);
    pending.write("x");
  });
  expect(status).toBe(408);
});

it("a chunked body of 1 MB is refused before its end", async () => {
  await start();
  const chunk = new TextEncoder().encode("#".repeat(10_000));
  let sent = 0;
  const body = new ReadableStream({
    pull: (controller) => (sent++ < 100 ? controller.enqueue(chunk) : controller.close()),
  });
  const answer = await fetch(`${hub.url}/metrics/job/a`, { method: "POST", body, duplex: "half" } as RequestInit);
  expect(answer.status).toBe(413);
});

it("a sender that goes away in the middle leaves nothing behind", async () => {
  await start();
  const pending = request(`${hub.url}/metrics/job/a`, { method: "PUT", headers: { "content-length": 4 } });
  pending.on("error", () => {});
  await new Promise((resolve) => pending.write("x", resolve));
  pending.destroy();
  expect((await put("/metrics/job/b", "x 1\n")).status).toBe(200);
  expect(hub.appended.map(({ group }) => group)).toEqual([[["job", "b"]]]);
});

it("two contradicting pushes at once are both answered, and the metrics stay one valid text", async () => {
  const checked: (() => void)[] = [];
  let wallMs = 0;
  await start({
    append: async (push) => {
      // Neither is stored before both are checked.
      await new Promise<void>((go) => {
        checked.push(go);
        if (checked.length === 2) for (const each of checked) each();
      });
      hub.fold.apply({ ...push, at: { wallMs: ++wallMs, counter: 0 } }, "mainpc");
      return { kind: "stored", position: { incarnation: "one", seq: wallMs } };
    },
  });
  const answers = await Promise.all([
    put("/metrics/job/a", "# TYPE m gauge\nm 1\n"),
    put("/metrics/job/b", "# TYPE m counter\nm 1\n"),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(hub.fold.metricsText().match(/# TYPE m /g)).toHaveLength(1);
});

it("paths of others are left to others", async () => {
  await start();
  expect((await fetch(`${hub.url}/metrics`)).status).toBe(200);
  expect((await fetch(`${hub.url}/elsewhere`)).status).toBe(404);
  expect((await fetch(`${hub.url}/metrics/job/a`)).status).toBe(405);
});

it("of readers of all metrics as JSON two are answered at once, and each that is refused is told of", async () => {
  let refused = 0;
  await start({ onRefusedReader: () => void refused++ });
  const lines = Array.from({ length: 1_000 }, (_, i) => `reading{i="${i}"} 1\n`).join("");
  for (let i = 0; i < 40; i++) await put(`/metrics/job/reader-${i}`, lines);
  const ask = async () => (await fetch(`${hub.url}/api/v1/metrics`)).status;
  const statuses = await Promise.all(Array.from({ length: 8 }, ask));
  expect(statuses).toContain(200);
  expect(refused).toBeGreaterThan(0);
  expect(statuses.filter((status) => status === 503)).toHaveLength(refused);
});
