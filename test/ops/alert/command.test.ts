import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, it } from "vitest";
import { registerAlert } from "../../../ops/alert.ts";
import { runCommand } from "../run-command.ts";

const now = new Date().toISOString();
const alert = {
  name: "nats-lost",
  severity: "urgent",
  subject: "pc2",
  since: now,
  message: "the NATS of pc2 is dead",
  impact: "Pushes are spooled.",
  runbook: "docs/runbooks/nats-lost.md",
};
const channel = {
  name: "phone",
  kind: "ntfy",
  atLeast: "urgent",
  queued: 0,
  delivered: 1,
  lastDeliveredAt: now,
  error: null,
};

let close: () => void;
let url: string;
let answers: Record<string, unknown>;
let orders: string[];
beforeEach(async () => {
  orders = [];
  answers = {
    "GET /api/v1/alerts": { machine: "mainpc", now, alerts: [] },
    "GET /api/v1/silences": [],
    "GET /api/v1/services": [],
    "GET /api/v1/notifications": { machine: "mainpc", now, channels: [channel], deadMansSwitch: null },
  };
  const server = createServer(async (request, response) => {
    const key = `${request.method} ${request.url}`;
    if (request.method !== "GET") orders.push(`${key} ${await text(request)}`);
    const answer = answers[key];
    response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer ?? { error: "there is none" }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
  close = () => {
    server.close();
    server.closeAllConnections();
  };
});
afterEach(() => close());

const run = (...args: string[]) => runCommand(registerAlert, ["alert", ...args, "--hub", url]);

it("list ends with 0 when nothing urgent stands, with 1 when something does, with 2 when no hub answers", async () => {
  expect(await run("list")).toMatchObject({ code: 0, stdout: "nothing stands\n" });
  answers["GET /api/v1/alerts"] = { machine: "mainpc", now, alerts: [alert] };
  answers["GET /api/v1/silences"] = [{ target: "nats-lost", since: now, until: now, reason: "known", by: "ann" }];
  const { code, stdout } = await run("list");
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /^urgent {2}nats-lost of pc2, for \d+ m?s, silenced\n {2}the NATS of pc2 is dead\n {2}impact {3}Pushes/,
  );
  expect(JSON.parse((await run("list", "--json")).stdout)).toMatchObject({ exitCode: 1, alerts: [alert], silent: [] });
  close();
  expect(await run("list")).toMatchObject({ code: 2, stdout: `no answer from ${url}\n` });
});

it("no word of a hub steers the terminal or begins a line", async () => {
  const odd = "it\u001b[2J is\r\n  dead";
  answers["GET /api/v1/alerts"] = { machine: "mainpc", now, alerts: [{ ...alert, message: odd }] };
  answers["GET /api/v1/silences"] = [{ target: "a", since: now, until: now, reason: odd, by: "ann" }];
  const failing = { ...channel, error: odd };
  answers["GET /api/v1/notifications"] = { machine: "mainpc", now, channels: [failing], deadMansSwitch: null };
  const tested = { machine: "mainpc", ok: false, channels: [{ channel: "phone", ok: false, error: odd, tookMs: 9 }] };
  answers["POST /api/v1/notifications/test"] = tested;
  const said: string[] = [];
  for (const command of ["list", "channels", "test"]) said.push((await run(command)).stdout);
  expect(said.map((text) => text.match(/it \[2J is dead/g)?.length)).toEqual([2, 1, 1]);
  expect(said.join("")).not.toMatch(/[^\P{Cc}\n]/u);
});

it("channels ends with 1 when one fails, and says why", async () => {
  expect((await run("channels")).code).toBe(0);
  const failing = { ...channel, queued: 3, error: "it answered 403" };
  answers["GET /api/v1/notifications"] = { machine: "mainpc", now, channels: [failing], deadMansSwitch: null };
  const { code, stdout } = await run("channels");
  expect([code, stdout.split("\n")[1]?.replace(/ +/g, " ")]).toEqual([
    1,
    expect.stringMatching(/^mainpc phone ntfy urgent 3 1 \d+ m?s ago it answered 403$/),
  ]);
});

it("test ends with 1 when a channel did not take it, and says of each what it said", async () => {
  const tested = (ok: boolean) => ({
    machine: "mainpc",
    ok,
    channels: [{ channel: "phone", ok, error: ok ? null : "it answered 403", tookMs: 9 }],
  });
  answers["POST /api/v1/notifications/test"] = tested(true);
  expect(await run("test", "--channel", "phone", "--severity", "urgent")).toMatchObject({
    code: 0,
    stdout: "mainpc, phone: took it after 9 ms\n",
  });
  expect(orders).toEqual(['POST /api/v1/notifications/test {"severity":"urgent","channel":"phone"}']);
  answers["POST /api/v1/notifications/test"] = tested(false);
  expect(await run("test")).toMatchObject({ code: 1, stdout: "mainpc, phone: did not take it: it answered 403\n" });
});

it("test asks each hub, prints what came, and says which gave no answer or refused it", async () => {
  const tested = { machine: "mainpc", ok: true, channels: [{ channel: "phone", ok: true, error: null, tookMs: 12 }] };
  answers["POST /api/v1/notifications/test"] = tested;
  const dead = "http://127.0.0.1:9";
  const { code, stdout } = await runCommand(registerAlert, ["alert", "test", "--hub", dead, url]);
  expect([code, stdout]).toEqual([1, `mainpc, phone: took it after 12 ms\nno answer from ${dead}\n`]);
  delete answers["POST /api/v1/notifications/test"];
  expect(await run("test")).toMatchObject({ code: 1, stdout: `${url}: there is none\n` });
});

it("silence and unsilence name the alert with its subject, and what the hub refuses is an error", async () => {
  const view = { target: "nats-lost pc2", since: now, until: now, reason: "known", by: "ann" };
  answers["POST /api/v1/silences"] = view;
  answers["DELETE /api/v1/silences"] = view;
  expect((await run("silence", "nats-lost", "pc2", "--minutes", "5", "--reason", "known")).stdout).toContain(
    "nats-lost pc2",
  );
  expect((await run("unsilence", "nats-lost", "pc2")).code).toBe(0);
  expect(orders.map((each) => each.replace(/"by":"[^"]*"/, '"by":"me"'))).toEqual([
    'POST /api/v1/silences {"target":"nats-lost pc2","minutes":5,"reason":"known","by":"me"}',
    'DELETE /api/v1/silences {"target":"nats-lost pc2","by":"me"}',
  ]);
  answers = { "GET /api/v1/services": [] };
  expect(await run("unsilence", "nats-lost")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("there is none"),
  });
});
