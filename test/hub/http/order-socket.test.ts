import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { Agent, type RequestOptions, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { Entrance, type Front } from "../../../hub/http/entrance.ts";
import type { LocalOrders } from "../../../hub/http/local-orders.ts";
import { orderSocketIn } from "../../../hub/http/order-socket.ts";
import { refusalOf, sendAnswer } from "../../../hub/http/orders.ts";
import { createLog } from "../../../hub/io/log.ts";

let dir: string;
let socketPath: string;
/** Names of the hubs that have taken an order, by what it said. */
let taken: string[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tandem-orders-"));
  socketPath = orderSocketIn(dir);
  taken = [];
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
});

/** Takes every order that it may, as the hub's APIs decide it. */
const hubCalled =
  (name: string): Front =>
  async (asked, response) => {
    const refusal = refusalOf(asked);
    const said = await text(asked);
    if (refusal === undefined && asked.method !== "GET") taken.push(`${name}: ${said}`);
    sendAnswer(asked, response, refusal ?? { status: 200, body: name });
  };

async function entrance(
  orders: LocalOrders | undefined = { kind: "socket", path: socketPath },
): Promise<{ entrance: Entrance; port: number }> {
  const made = new Entrance(
    createLog("test", () => {}),
    undefined,
    [],
    orders,
  );
  await made.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => made.close(false));
  return { entrance: made, port: (made.server.address() as AddressInfo).port }; // a TCP server has one
}

/** One that acts. */
async function hub(name: string): Promise<Entrance> {
  const made = (await entrance()).entrance;
  await made.listenForOrders();
  made.open(hubCalled(name));
  return made;
}

const path = "/api/v1/maintenance";

async function order(at: RequestOptions, said: string, headers: Record<string, string> = {}): Promise<number> {
  const asked = request({ path, method: "POST", agent: false, ...at, headers });
  asked.end(said);
  const [response] = await once(asked, "response");
  response.resume();
  return response.statusCode;
}

it("an order over loopback is refused and not taken, and one over the socket is, unless a browser or a proxy sends it", async () => {
  const { entrance: made, port } = await entrance();
  await made.listenForOrders();
  made.open(hubCalled("hub"));
  expect(await order({ host: "127.0.0.1", port }, "over loopback")).toBe(403);
  for (const header of ["origin", "sec-fetch-site", "x-forwarded-for"])
    expect(await order({ socketPath }, header, { [header]: "http://127.0.0.1" })).toBe(403);
  expect(taken).toEqual([]);
  expect(await order({ socketPath }, "over the socket")).toBe(200);
  expect(taken).toEqual(["hub: over the socket"]);
});

it("over loopback it is taken where that is said, and then there is no socket", async () => {
  const { entrance: made, port } = await entrance({ kind: "loopback" });
  await made.listenForOrders();
  made.open(hubCalled("hub"));
  expect(await order({ host: "127.0.0.1", port }, "over loopback")).toBe(200);
  expect(readdirSync(dir)).toEqual([]);
});

it("the socket is its owner's alone, and gone when the hub has ended", async () => {
  const made = await hub("hub");
  expect(statSync(socketPath).mode & 0o777).toBe(0o600);
  expect(readdirSync(dir)).toEqual(["orders.sock"]);
  await made.close();
  expect(readdirSync(dir)).toEqual([]);
});

it("replaces what hubs that were killed have left: the socket, and one that was not renamed yet", async () => {
  for (const left of [socketPath, join(dir, "orders.0000")]) {
    const listen = `require("node:net").createServer().listen(process.argv[1], () => console.log("there"))`;
    const child = spawn(process.execPath, ["-e", listen, left]);
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  await expect(order({ socketPath }, "to the dead one")).rejects.toThrow("ECONNREFUSED");
  await hub("hub");
  expect(readdirSync(dir)).toEqual(["orders.sock"]);
  expect(await order({ socketPath }, "to the new one")).toBe(200);
});

it("a hub that yields passes an order on to the one that follows, as soon as that has the socket and answers", async () => {
  const first = await hub("first");
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  expect(await order({ socketPath, agent }, "1")).toBe(200);
  await first.yieldTo({ host: "127.0.0.1", port: 9 });
  // Nobody acts now: one on a connection of before, and one that comes.
  const kept = order({ socketPath, agent }, "2");
  const early = order({ socketPath }, "3");
  const second = (await entrance()).entrance;
  await second.listenForOrders();
  const held = order({ socketPath }, "4");
  second.open(hubCalled("second"));
  expect(await Promise.all([kept, early, held])).toEqual([200, 200, 200]);
  await first.close();
  expect(await order({ socketPath }, "5")).toBe(200);
  expect(taken.toSorted()).toEqual(["first: 1", "second: 2", "second: 3", "second: 4", "second: 5"]);
});

it("a hub that steps in again for the one that followed takes the socket back", async () => {
  const first = await hub("first");
  const { port } = first.server.address() as AddressInfo; // a TCP server has one
  await first.yieldTo({ host: "127.0.0.1", port: 9 });
  const second = await hub("second");
  await second.close(false);
  await first.listen({ host: "127.0.0.1", port });
  await first.listenForOrders();
  const held = order({ socketPath }, "held");
  first.open(hubCalled("first"));
  expect(await held).toBe(200);
  expect(readdirSync(dir)).toEqual(["orders.sock"]);
  expect(taken).toEqual(["first: held"]);
});

it("a hub that nobody follows says so to an order after a while, and takes none", async () => {
  const first = await hub("first");
  await first.yieldTo({ host: "127.0.0.1", port: 9 });
  expect(await order({ socketPath }, "to nobody")).toBe(503);
  expect(taken).toEqual([]);
});
