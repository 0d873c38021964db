import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { AlertView, FleetView } from "../../../hub/http/api.ts";
import { createFleetCalls, healthAnswer, healthSummary } from "../../../hub/http/fleet-calls.ts";
import { AgentsAnswer, AlertsAnswer, HealthAnswer, HealthSummary } from "../../../hub/http/fleet-calls-json.ts";
import { readHealthBody } from "../../../hub/io/probe/health-body.ts";
import { fleetView } from "../page/fixture.ts";

const lost: AlertView = {
  name: "hub-lost",
  severity: "urgent",
  subject: "pc2",
  since: "2026-01-01T00:00:00.000Z",
  message: "pc2's hub is dead",
  runbook: "docs/runbooks/hub-lost.md",
};

/** Asks the calls of a hub that sees this fleet. */
async function serve({ fleet = fleetView("mainpc"), unready }: { fleet?: FleetView; unready?: string } = {}) {
  const calls = createFleetCalls({
    unready: () => unready,
    fleet: () => fleet,
    alerts: () => ({ machine: "mainpc", now: fleet.now, alerts: [lost] }),
    startedAtMs: Date.parse(fleet.now) - 90_500,
  });
  const server = createServer((request, response) => {
    void calls(request, response).then((answered) => answered || response.writeHead(418).end());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
  return async (method: string, path: string, body?: string) => {
    const answer = await fetch(`${base}${path}`, { method, ...(body === undefined ? {} : { body }) });
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  };
}

function changed(change: (fleet: FleetView) => void): FleetView {
  const fleet = structuredClone(fleetView("mainpc"));
  change(fleet);
  return fleet;
}

describe("GET /health", () => {
  it("of a hub that is well says ok and ready, in words that an agent's probe reads as healthy", async () => {
    const ask = await serve();
    const { status, text } = await ask("GET", "/health");
    expect(status).toBe(200);
    expect(HealthAnswer.parse(JSON.parse(text))).toMatchObject({
      status: "ok",
      ready: true,
      message: "in sync",
      uptime: 90.5,
      agent: "ObservabilityHub",
      machine: "mainpc",
    });
    expect(readHealthBody(text)).toMatchObject({ type: "answered", health: "healthy" });
  });

  it("of a hub without its peer is 200 and degraded, and says why", () => {
    const fleet = changed(({ sync }) => Object.assign(sync, { state: "degraded", reason: "pc2's hub is dead" }));
    const answer = healthAnswer({ unready: () => undefined, fleet: () => fleet, startedAtMs: 0 });
    expect(answer).toMatchObject({ status: "degraded", ready: true, message: "degraded: pc2's hub is dead" });
  });

  it("of a hub whose own NATS is dead is degraded, since the spool takes pushes", () => {
    const fleet = changed(({ machines }) =>
      Object.assign(machines.mainpc?.nats ?? expect.unreachable(), { verdict: "dead", reason: "it refuses" }),
    );
    const answer = healthAnswer({ unready: () => undefined, fleet: () => fleet, startedAtMs: 0 });
    expect(answer).toMatchObject({ status: "degraded", message: "nats://127.0.0.1:4222 is dead: it refuses" });
  });

  it("of a hub that still reads its records is 503 and error", async () => {
    const ask = await serve({ unready: "the hub has not read its records back yet" });
    const { status, text } = await ask("GET", "/health");
    expect(status).toBe(503);
    expect(JSON.parse(text)).toMatchObject({ status: "error", ready: false });
    expect(readHealthBody(text)).toMatchObject({ type: "answered", health: "unhealthy" });
  });
});

describe("GET /health_summary", () => {
  it("counts 77 agents, 54 of them on mainpc", async () => {
    const ask = await serve();
    const summary = HealthSummary.parse(JSON.parse((await ask("GET", "/health_summary")).text));
    expect(summary).toMatchObject({
      status: "ok",
      total: 77,
      ok: 77,
      machines: { mainpc: { status: "ok", total: 54 } },
    });
  });

  it("is error for an agent that does not work, and for a machine that is lost", () => {
    const ill = healthSummary(changed(({ agents }) => Object.assign(agents[0] ?? {}, { health: "unhealthy" })));
    expect(ill).toMatchObject({ status: "error", ok: 76, error: 1, machines: { pc2: { status: "ok", error: 0 } } });
    const dead = healthSummary(
      changed(({ machines }) => Object.assign(machines.pc2 ?? {}, { verdict: "dead", reason: "silent" })),
    );
    expect(dead).toMatchObject({
      status: "error",
      error: 0,
      machines: { pc2: { status: "error", message: "silent" } },
    });
  });

  it("is degraded while an agent has not been heard of", () => {
    const summary = healthSummary(changed(({ agents }) => Object.assign(agents[0] ?? {}, { health: "unknown" })));
    expect(summary).toMatchObject({ status: "degraded", unknown: 1 });
  });
});

it("GET /alerts lists those that stand, and answers 503 while the hub does not know them", async () => {
  const well = await serve();
  expect(AlertsAnswer.parse(JSON.parse((await well("GET", "/alerts")).text))).toMatchObject({
    count: 1,
    alerts: [lost],
  });
  const starting = await serve({ unready: "not read back yet" });
  expect(await starting("GET", "/alerts")).toMatchObject({ status: 503, text: '{"error":"not read back yet"}\n' });
});

it("GET /api/v1/agents lists all 77 with status and message", async () => {
  const ask = await serve({
    fleet: changed(({ agents }) => Object.assign(agents[3] ?? {}, { health: "degraded", reason: "warming up" })),
  });
  const { count, agents } = AgentsAnswer.parse(JSON.parse((await ask("GET", "/api/v1/agents")).text));
  expect(count).toBe(77);
  expect(agents[3]).toMatchObject({ machine: "mainpc", status: "degraded", message: "warming up" });
});

it.each(["/health", "/health_summary", "/alerts", "/api/v1/agents"])(
  "%s answers a HEAD with its headers alone, and 405 to anything that is no reading",
  async (path) => {
    const ask = await serve();
    const head = await ask("HEAD", path);
    expect([head.status, head.text, head.headers.get("content-type")]).toEqual([200, "", "application/json"]);
    expect((await ask("POST", path, "x")).status).toBe(405);
  },
);

describe("remote write", () => {
  it("is answered with 501 and what to do instead, whatever the body", async () => {
    const ask = await serve();
    const { status, text } = await ask("POST", "/api/v1/write", "x".repeat(200_000));
    expect(status).toBe(501);
    expect(text).toContain("/metrics/job/<job>/instance/<instance>");
  });

  it("by another method is 405", async () => {
    const ask = await serve();
    expect((await ask("GET", "/api/v1/write")).status).toBe(405);
    expect(await ask("HEAD", "/api/v1/write")).toMatchObject({ status: 405, text: "" });
  });
});
