import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { markLoopback } from "../../../hub/http/local-orders.ts";
import { createNotificationsApi } from "../../../hub/http/notifications-api.ts";
import {
  type ChannelView,
  NotificationsView,
  type SilenceView,
  TestAnswer,
} from "../../../hub/http/notifications-json.ts";
import type { SignedIn } from "../../../hub/http/orders.ts";

const phone: ChannelView = {
  name: "phone",
  kind: "ntfy",
  atLeast: "urgent",
  queued: 2,
  delivered: 7,
  lastDeliveredAt: null,
  error: "it answered 403",
};

async function serve(channels: ChannelView[] = [phone], signedIn?: SignedIn) {
  const silences = new Map<string, SilenceView>();
  const api = createNotificationsApi({
    machine: "mainpc",
    channels: () => channels,
    deadMansSwitch: () => ({ lastSaidAt: null, error: null }),
    test: async (severity, channel = "phone") =>
      channel === "phone" ? [{ channel, ok: severity === "urgent", error: null, tookMs: 3 }] : undefined,
    silences: {
      whyNoTarget: (target) => (target.split(" ", 1)[0] === "nats-lost" ? undefined : `there is no alert ${target}`),
      views: () => [...silences.values()],
      begin: async ({ target, reason, by }) => {
        const view = { target, reason, by, since: "2026-01-01T00:00:00.000Z", until: "2026-01-01T01:00:00.000Z" };
        silences.set(target, view);
        return view;
      },
      end: async (target) => {
        const view = silences.get(target);
        silences.delete(target);
        return view;
      },
    },
    ...(signedIn && { signedIn }),
  });
  const server = createServer((request, response) => {
    void api(request, response).then((answered) => answered || response.writeHead(418).end());
  });
  server.on("connection", markLoopback).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await fetch(`${base}/api/v1/${path}`, { method, headers, ...sent });
    return { status: answer.status, body: await answer.json().catch(() => undefined) };
  };
  return Object.assign(ask, { base });
}

it("says of each channel what waits and why, and of the dead-man's switch", async () => {
  const ask = await serve();
  const { status, body } = await ask("GET", "notifications");
  expect(status).toBe(200);
  expect(NotificationsView.parse(body)).toMatchObject({
    machine: "mainpc",
    channels: [phone],
    deadMansSwitch: { lastSaidAt: null, error: null },
  });
  expect((await ask("POST", "notifications")).status).toBe(405);
  expect((await ask("GET", "notifications/other")).status).toBe(418);
});

it("a test says what each channel said, of a channel that is not there which there are, and of none that there is none", async () => {
  const ask = await serve();
  const tested = TestAnswer.parse((await ask("POST", "notifications/test", { severity: "urgent" })).body);
  expect(tested).toEqual({
    machine: "mainpc",
    ok: true,
    channels: [{ channel: "phone", ok: true, error: null, tookMs: 3 }],
  });
  expect((await ask("POST", "notifications/test", {})).body).toMatchObject({ ok: false });
  const wrong = await ask("POST", "notifications/test", { channel: "pager" });
  expect([wrong.status, wrong.body.error]).toEqual([404, "there is no channel pager; there are phone"]);
  const none = await (await serve([]))("POST", "notifications/test", {});
  expect([none.status, none.body.error]).toEqual([409, "the hub of mainpc has no channel"]);
});

it("silences begin and end by an alert's name, or name and subject, and of what no alert is about they are refused", async () => {
  const ask = await serve();
  const order = { target: "nats-lost pc2", minutes: 10, reason: "known", by: "ann" };
  expect(await ask("POST", "silences", order)).toMatchObject({ status: 200, body: { target: "nats-lost pc2" } });
  expect((await ask("POST", "silences", { ...order, target: "nats-lost" })).status).toBe(200);
  const unknown = await ask("POST", "silences", { ...order, target: "nats-losst" });
  expect([unknown.status, unknown.body.error]).toEqual([404, "there is no alert nats-losst"]);
  expect((await ask("GET", "silences")).body).toHaveLength(2);
  expect((await ask("DELETE", "silences", { target: "nats-lost pc2", by: "ann" })).status).toBe(200);
  expect((await ask("DELETE", "silences", { target: "nats-lost pc2", by: "ann" })).status).toBe(404);
  for (const change of [{ minutes: 0 }, { minutes: 1e9 }, { reason: "" }, { by: "x".repeat(101) }, { more: 1 }])
    expect((await ask("POST", "silences", { ...order, ...change })).status).toBe(400);
});

it("an operator who is signed in to this hub's page silences an alert in the name of the session", async () => {
  const ask = await serve([phone], () => ({ by: "ann" }));
  const order = { target: "nats-lost pc2", minutes: 5, reason: "known", by: "somebody else" };
  const silenced = await ask("POST", "silences", order, { origin: ask.base });
  expect(silenced).toMatchObject({ status: 200, body: { by: "ann" } });
});

it("a page of another site orders neither tests nor silences", async () => {
  const ask = await serve();
  const foreign = { origin: "http://evil.example" };
  for (const path of ["notifications/test", "silences"])
    expect((await ask("POST", path, {}, foreign)).status).toBe(403);
});

it("500 silences are held, and one more is refused, while one that is held may be said anew", async () => {
  const ask = await serve();
  const order = (i: number) => ({ target: `nats-lost ${i}`, minutes: 5, reason: "known", by: "ann" });
  for (let i = 0; i < 500; i++) await ask("POST", "silences", order(i));
  expect((await ask("POST", "silences", order(500))).status).toBe(409);
  expect((await ask("POST", "silences", order(499))).status).toBe(200);
});
