import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { Agent, type RequestOptions, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HubConfigInput } from "../../hub/config.ts";
import { DocumentsView } from "../../hub/http/documents-json.ts";
import { orderSocketIn } from "../../hub/http/order-socket.ts";
import { fleetOf, LocalPair, metricsOf, pushTo } from "../support/local-pair.ts";
import { Successors } from "../support/successor.ts";
import { until } from "../support/until.ts";

const portOffset = 16_600;
/** On a computer that others use, too. */
const slowMs = 60_000;

describe("hubs that take orders at their sockets, as deployed ones do", { timeout: 240_000 }, () => {
  let dir: string;
  let pair: LocalPair;
  let hubs: Successors | undefined;
  let socketPath: string;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "tandem-orders-"));
    const access = join(dir, "access.yaml");
    writeFileSync(access, "localOrders: socket\n");
    const options = ["--no-restart", "--agents", "none", "--access", access];
    pair = await LocalPair.start(join(dir, "data"), portOffset, ...options);
    hubs = new Successors(pair.mainpc.pids.hub, dir);
    socketPath = orderSocketIn(join(pair.data, "mainpc", "state"));
    await until("sync", async () => (await fleetOf(pair.mainpc)).sync.state === "in-sync");
  }, 120_000);

  afterAll(async () => {
    hubs?.kill();
    await pair?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  /** Another hub of mainpc. */
  const hub = (name: string, change: Partial<HubConfigInput>) =>
    hubs?.start(name, change) ?? expect.unreachable("the pair runs");

  /** Rejects when nobody is there. @returns the status, and what was said */
  async function give(at: RequestOptions, method: string, path: string, body: unknown): Promise<[number, string]> {
    const sent = JSON.stringify(body);
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(sent) };
    const asked = request({ method, path, headers, agent: false, ...at });
    asked.end(sent);
    const [response] = await once(asked, "response");
    return [response.statusCode, await text(response)];
  }
  const port = () => ({ host: "127.0.0.1", port: new URL(pair.mainpc.hub).port });
  const atPort = (method: string, path: string, body: unknown) => give(port(), method, path, body);
  const atSocket = (method: string, path: string, body: unknown) => give({ socketPath }, method, path, body);
  const read = async (path: string) => (await fetch(`${pair.mainpc.hub}${path}`)).json();
  const document = (key: string) => `/api/v1/documents/succession/${key}`;
  const word = { by: "ann", value: 1 };

  const orders: [string, string, unknown][] = [
    ["POST", "/api/v1/maintenance", { target: "mainpc", minutes: 5, reason: "x", by: "ann" }],
    ["POST", "/api/v1/silences", { target: "agent-unhealthy", minutes: 5, reason: "x", by: "ann" }],
    ["POST", "/api/v1/timeline", { kind: "deploy", phase: "begun", subject: "pc2", text: "told", by: "ann" }],
    ["POST", "/api/v1/session/codes", { by: "ann" }],
    ["PUT", document("first"), word],
    ["DELETE", "/api/v1/session/all", {}],
  ];

  it("an order over loopback without a token is refused with 403 and stores nothing", async () => {
    for (const order of orders) expect([order, (await atPort(...order))[0]]).toEqual([order, 403]);
    expect(await read("/api/v1/maintenance")).toEqual([]);
    expect(await read("/api/v1/silences")).toEqual([]);
    expect(DocumentsView.parse(await read("/api/v1/documents/succession")).documents).toEqual([]);
    expect(JSON.stringify(await read("/api/v1/timeline?kind=deploy"))).not.toContain("told");
  });

  it("the same is taken over the socket, which is its owner's alone", async () => {
    expect(statSync(socketPath).mode & 0o777).toBe(0o600);
    for (const order of orders) expect([order, (await atSocket(...order))[0]]).toEqual([order, 200]);
    expect(await read("/api/v1/maintenance")).toMatchObject([{ target: "mainpc" }]);
    expect(DocumentsView.parse(await read("/api/v1/documents/succession")).documents).toHaveLength(1);
  });

  it("while a hub follows, who gives orders at the socket always finds one, and what is answered 200 is kept", async () => {
    const agent = new Agent({ keepAlive: true });
    const kept: string[] = [];
    const waits: string[] = [];
    const lost: string[] = [];
    let goesOn = true;
    const client = async (name: string, at: RequestOptions) => {
      for (let i = 0; goesOn; i++) {
        const key = `${name}-${i}`;
        const given = give({ socketPath, ...at }, "PUT", document(key), word);
        const [status, said] = await given.catch((error: unknown) => [0, String(error)] as const);
        if (status === 200) kept.push(key);
        else (status === 503 ? waits : lost).push(`${key}: ${status} ${said}`);
        await setTimeout(10);
      }
    };
    const clients = Promise.all([client("new", {}), client("kept", { agent })]);
    const more = (what: string) => {
      const before = kept.length;
      return until(what, () => kept.length > before + 10, slowMs);
    };
    const first = pair.mainpc.pids.hub;
    await more("orders to the first");
    const second = hub("second", { adminApi: true });
    await second.healthy();
    await more("orders to the second");
    process.kill(first, "SIGTERM");
    await until("its end", () => !isAlive(first), slowMs);
    await more("orders to the second alone");
    goesOn = false;
    await clients;
    agent.destroy();
    console.info(`${kept.length} orders taken, ${waits.length} told to wait`);
    expect(lost).toEqual([]);
    const { documents } = DocumentsView.parse(await read("/api/v1/documents/succession"));
    const keys = new Set(documents.map(({ key }) => key));
    expect(kept.filter((key) => !keys.has(key))).toEqual([]);
    expect((await atPort("PUT", document("later"), word))[0]).toBe(403);
  });

  it("a wipe is an order, too, where it is allowed at all", async () => {
    await until("a push", async () => (await pushTo(pair.mainpc, "stays", 1)).startsWith("200"), slowMs);
    expect((await atPort("PUT", "/api/v1/admin/wipe", {}))[0]).toBe(403);
    expect(await metricsOf(pair.mainpc.hub)).toContain('job="stays"');
    await until("the wipe", async () => (await atSocket("PUT", "/api/v1/admin/wipe", {}))[0] === 202, slowMs);
    expect(await metricsOf(pair.mainpc.hub)).not.toContain('job="stays"');
  });

  it("a hub that was killed has left a socket, which the next one replaces", async () => {
    const second = hubs?.all[0];
    second?.process.kill("SIGKILL");
    await until("its end", () => second?.process.signalCode === "SIGKILL");
    await expect(atSocket("PUT", document("to-nobody"), word)).rejects.toThrow("ECONNREFUSED");
    await hub("third", { adminApi: true }).healthy();
    await until("an order", async () => (await atSocket("PUT", document("third"), word))[0] === 200, slowMs);
    expect((await atPort("PUT", document("third"), word))[0]).toBe(403);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
