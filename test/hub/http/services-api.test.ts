import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { MaintenanceView, ServiceJson } from "../../../hub/http/api.ts";
import { markLoopback } from "../../../hub/http/local-orders.ts";
import { createServicesApi } from "../../../hub/http/services-api.ts";

const twin: ServiceJson = {
  name: "Twin",
  home: "mainpc",
  standby: "pc2",
  mode: "warm",
  singleWriter: true,
  owner: "mainpc",
  epoch: 0,
  state: "home",
  acts: true,
  reason: "",
  route: null,
  instances: {},
};

async function serve() {
  const orders: unknown[] = [];
  const windows = new Map<string, MaintenanceView>();
  const api = createServicesApi({
    services: () => [twin],
    take: async (service, confirmPeerDead) => {
      orders.push({ take: service, confirmPeerDead });
      return confirmPeerDead ? { ok: true, text: "taken" } : { ok: false, text: "pc2 may live" };
    },
    switchover: async (service) => {
      orders.push({ switchover: service });
      return { ok: true, text: "moved" };
    },
    maintenance: {
      views: () => [...windows.values()],
      knows: (target) => target === "mainpc",
      begin: async ({ target, reason, by }) => {
        const view = { target, reason, by, since: "2026-01-01T00:00:00.000Z", until: "2026-01-01T01:00:00.000Z" };
        windows.set(target, view);
        return view;
      },
      end: async (target) => {
        const view = windows.get(target);
        windows.delete(target);
        return view;
      },
    },
  });
  const server = createServer((request, response) => {
    void api(request, response).then((answered) => answered || response.writeHead(418).end());
  });
  server.on("connection", markLoopback).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const sent = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
    const answer = await fetch(`${base}${path}`, { method, headers, ...sent });
    return [answer.status, answer.status === 418 ? undefined : await answer.json()] as const;
  };
  return { ask, orders, windows };
}

describe("the API of services", () => {
  it("shows all and one, 404 for one that is none, and leaves other paths alone", async () => {
    const { ask } = await serve();
    expect(await ask("GET", "/api/v1/services")).toEqual([200, [twin]]);
    expect(await ask("GET", "/api/v1/services/Twin")).toEqual([200, twin]);
    expect((await ask("GET", "/api/v1/services/Other"))[0]).toBe(404);
    expect((await ask("GET", "/api/v1/fleet"))[0]).toBe(418);
  });

  it("gives an order to take on, and answers 409 with the reason when nothing comes of it", async () => {
    const { ask, orders } = await serve();
    expect(await ask("POST", "/api/v1/services/Twin/take", {})).toEqual([409, { ok: false, text: "pc2 may live" }]);
    expect((await ask("POST", "/api/v1/services/Twin/take", { confirmPeerDead: true }))[0]).toBe(200);
    expect(orders).toEqual([
      { take: "Twin", confirmPeerDead: false },
      { take: "Twin", confirmPeerDead: true },
    ]);
  });

  it("moves a service to the other machine, not to where it is already and not to a third one", async () => {
    const { ask, orders } = await serve();
    expect((await ask("POST", "/api/v1/services/Twin/switchover", { to: "nas" }))[0]).toBe(400);
    expect((await ask("POST", "/api/v1/services/Twin/switchover", { to: "mainpc" }))[0]).toBe(200);
    expect(orders).toEqual([]);
    expect((await ask("POST", "/api/v1/services/Twin/switchover", { to: "pc2" }))[0]).toBe(200);
    expect(orders).toEqual([{ switchover: "Twin" }]);
  });

  it("refuses bodies that are no JSON or say something else, GET orders, and what a page of another site sends", async () => {
    const { ask, orders } = await serve();
    expect((await ask("POST", "/api/v1/services/Twin/take", "{"))[0]).toBe(400);
    expect((await ask("POST", "/api/v1/services/Twin/take", { force: true }))[0]).toBe(400);
    expect((await ask("GET", "/api/v1/services/Twin/take"))[0]).toBe(405);
    expect((await ask("POST", "/api/v1/services/Twin/take", {}, { origin: "http://elsewhere.example" }))[0]).toBe(403);
    expect(orders).toEqual([]);
  });

  it("takes 1,000 targets into maintenance, and no more but those that are in it already", async () => {
    const { ask, windows } = await serve();
    const view = { reason: "disk", by: "kim", since: "2026-01-01T00:00:00.000Z", until: "2026-01-01T01:00:00.000Z" };
    for (let i = 0; i < 1_000; i++) windows.set(`pc2/${i}`, { target: `pc2/${i}`, ...view });
    const word = { target: "mainpc", minutes: 10, reason: "disk", by: "kim" };
    const [status, body] = await ask("POST", "/api/v1/maintenance", word);
    expect([status, body]).toEqual([
      409,
      { error: "1000 are in maintenance already; end one, or put the whole machine into it" },
    ]);
    windows.delete("pc2/0");
    windows.set("mainpc", { target: "mainpc", ...view });
    expect((await ask("POST", "/api/v1/maintenance", word))[0]).toBe(200);
  });

  it("begins, lists and ends maintenance of what the fleet has", async () => {
    const { ask } = await serve();
    const word = { target: "mainpc", minutes: 60, reason: "memory", by: "kim" };
    expect((await ask("POST", "/api/v1/maintenance", { ...word, target: "nas" }))[0]).toBe(404);
    expect((await ask("POST", "/api/v1/maintenance", { ...word, minutes: 0 }))[0]).toBe(400);
    // A report that holds more would be refused whole by the peer's hub.
    expect((await ask("POST", "/api/v1/maintenance", { ...word, reason: "x".repeat(201) }))[0]).toBe(400);
    expect((await ask("POST", "/api/v1/maintenance", { ...word, reason: "\u001b[2Jmemory" }))[0]).toBe(400);
    expect((await ask("POST", "/api/v1/maintenance", { ...word, by: "kim\rann" }))[0]).toBe(400);
    expect((await ask("POST", "/api/v1/maintenance", word))[0]).toBe(200);
    expect((await ask("GET", "/api/v1/maintenance"))[1]).toMatchObject([{ target: "mainpc", by: "kim" }]);
    expect((await ask("DELETE", "/api/v1/maintenance", { target: "mainpc", by: "kim" }))[0]).toBe(200);
    expect((await ask("DELETE", "/api/v1/maintenance", { target: "mainpc", by: "kim" }))[0]).toBe(404);
  });
});
