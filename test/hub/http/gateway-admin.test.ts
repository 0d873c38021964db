/** Status and wipe, side by side with a real Pushgateway that was started with and without its admin API. */
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { HubConfig } from "../../../hub/config.ts";
import type { HealthAnswer } from "../../../hub/http/fleet-calls-json.ts";
import { gatewayStatusJson } from "../../../hub/http/gateway-status.ts";
import { RealPushgateway } from "../../support/pushgateway.ts";
import { until } from "../../support/until.ts";
import { type PushServer, startPushServer } from "./push-api-server.ts";

const methods = ["GET", "PUT", "POST", "DELETE"];

let plain: RealPushgateway;
let administered: RealPushgateway;
let hub: PushServer | undefined;

beforeAll(async () => {
  const address = (host: string, port: number) => `--web.listen-address=${host}:${port}`;
  plain = await RealPushgateway.start((...at) => [address(...at), "--persistence.file="]);
  administered = await RealPushgateway.start((...at) => [
    address(...at),
    "--persistence.file=",
    "--web.enable-admin-api",
  ]);
});
afterEach(() => hub?.close());
afterAll(() => Promise.all([plain?.kill(), administered?.kill()]));

const statuses = async (url: string, path: string) => {
  const found: [string, number][] = [];
  for (const method of methods) found.push([method, (await fetch(url + path, { method })).status]);
  return found;
};

it("the status has the Pushgateway's shape, with the hub's own values", async () => {
  const machine = (name: string) => ({
    name,
    hubName: "ObservabilityHub",
    hub: { host: "127.0.0.1", port: 9000 },
    nats: { host: "127.0.0.1", port: 4222 },
    monitoring: { host: "127.0.0.1", port: 8222 },
    pushgateway: { host: "127.0.0.1", port: 9091 },
    beats: { host: "127.0.0.1", port: 7423 },
  });
  const config = HubConfig.parse({
    v: 1,
    machine: machine("mainpc"),
    peer: machine("pc2"),
    agents: [],
    groupExpiryMs: 60_000,
  });
  const health: HealthAnswer = {
    status: "degraded",
    ready: true,
    message: "degraded: pc2 is dead",
    timestamp: "2023-11-14T22:13:20.000Z",
    uptime: 3.5,
    agent: "ObservabilityHub",
    machine: "mainpc",
    version: "1.2.3",
  };
  hub = await startPushServer({
    status: () => gatewayStatusJson({ version: "1.2.3", startedAtMs: 1_700_000_000_000, config, health }),
  });
  const [there, here] = await Promise.all(
    [plain.url, hub.url].map(async (url) => (await (await fetch(`${url}/api/v1/status`)).json()) as StatusAnswer),
  );
  expect(Object.keys(here?.data ?? {})).toEqual(Object.keys(there?.data ?? {}));
  expect(Object.keys(here?.data.build_information ?? {})).toEqual(Object.keys(there?.data.build_information ?? {}));
  expect(here).toMatchObject({
    status: "success",
    data: {
      build_information: { version: "1.2.3" },
      flags: {
        "web.listen-address": "127.0.0.1:9000",
        "push.group-expiry": "60000ms",
        "web.enable-admin-api": "false",
      },
      start_time: "2023-11-14T22:13:20.000Z",
    },
    health: { status: "degraded", ready: true },
  });
});

it("status and metrics are answered to a GET alone, as there", async () => {
  hub = await startPushServer();
  for (const path of ["/api/v1/status", "/api/v1/metrics"])
    expect(await statuses(hub.url, path)).toEqual(await statuses(plain.url, path));
});

it("a wipe that is not enabled is nowhere, as there", async () => {
  hub = await startPushServer();
  const nowhere = methods.map((method) => [method, 404]);
  expect(await statuses(plain.url, "/api/v1/admin/wipe")).toEqual(nowhere);
  expect(await statuses(hub.url, "/api/v1/admin/wipe")).toEqual(nowhere);
});

it("a wipe that is enabled answers 202 to a PUT and deletes 600 groups by a DELETE each", async () => {
  hub = await startPushServer({ adminApi: true });
  for (const url of [administered.url, hub.url])
    await fetch(`${url}/metrics/job/a/x@base64/YS9i`, { method: "PUT", body: "x 1\n" });
  for (let i = 0; i < 599; i++) await fetch(`${hub.url}/metrics/job/${i}`, { method: "PUT", body: `x${i} 1\n` });
  hub.appended.length = 0;
  const expected = methods.map((method) => [method, method === "PUT" ? 202 : 405]);
  expect(await statuses(administered.url, "/api/v1/admin/wipe")).toEqual(expected);
  expect(await statuses(hub.url, "/api/v1/admin/wipe")).toEqual(expected);
  expect(hub.appended).toHaveLength(600);
  expect(hub.appended.every(({ op, body }) => op === "delete" && body === "")).toBe(true);
  expect(hub.fold.metricsText()).toBe("");
  await until("the wiped Pushgateway", async () => !(await administered.metrics()).includes('job="a"'));
});

it("a wipe that the store does not take says how many groups stayed", async () => {
  let left = 301;
  hub = await startPushServer({ adminApi: true });
  const { fold } = hub;
  for (let i = 0; i < 600; i++) {
    const push = { kind: "push", op: "put", group: [["job", `${i}`]], body: "" } as const;
    fold.apply({ ...push, group: [["job", `${i}`]], at: { wallMs: 1 + i, counter: 0 } }, "mainpc");
  }
  const failing = await startPushServer({
    adminApi: true,
    fold,
    append: async () =>
      left-- > 0 ? { kind: "stored", position: { incarnation: "one", seq: 1 } } : { kind: "full", reason: "no room" },
  });
  try {
    const answer = await fetch(`${failing.url}/api/v1/admin/wipe`, { method: "PUT" });
    expect([answer.status, await answer.text()]).toEqual([
      507,
      "299 of 600 groups are not wiped; send it again. nothing of the push was stored: no room\n",
    ]);
  } finally {
    await failing.close();
  }
});

interface StatusAnswer {
  status: string;
  data: { build_information: object; flags: object; start_time: string };
}
