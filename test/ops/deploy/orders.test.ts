import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { type Order, orderProgram } from "../../../ops/deploy/orders.ts";

let socket: string;

beforeEach(() => {
  const dir = mkdtempSync(join(tmpdir(), "tandem-orders-"));
  socket = join(dir, "orders.sock");
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
});

/** A hub that takes whatever comes there, and says what it was. */
async function hubAt(at: string | number): Promise<number> {
  const answer: RequestListener = async (asked, response) => {
    const body = await text(asked);
    response.end(`${asked.method} ${asked.url} ${body} at ${typeof at === "number" ? "its port" : "its socket"}`);
  };
  const server = createServer(answer);
  if (typeof at === "number") server.listen(at, "127.0.0.1");
  else server.listen(at);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return typeof at === "number" ? (server.address() as AddressInfo).port : 0; // it listens on a port
}

const orders: Order[] = [
  { method: "PUT", path: "/api/v1/documents/soak/one", body: { by: "kim", value: "héllo" } },
  { method: "DELETE", path: "/api/v1/maintenance", body: { target: "mainpc" } },
];

/** What the program says that runs in a hub's container. */
async function given(port: number): Promise<unknown> {
  const child = spawn(process.execPath, ["-e", orderProgram], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify({ base: `http://127.0.0.1:${port}`, socket, orders, deadlineMs: 10_000 }));
  return JSON.parse(await text(child.stdout));
}

const takenAt = (where: string) => [
  { status: 200, body: `PUT /api/v1/documents/soak/one {"by":"kim","value":"héllo"} at ${where}` },
  { status: 200, body: `DELETE /api/v1/maintenance {"target":"mainpc"} at ${where}` },
];

it("orders go to the hub's socket, and never to its port where there is one", async () => {
  await hubAt(socket);
  expect(await given(await hubAt(0))).toEqual(takenAt("its socket"));
});

it("a hub of before there was a socket gets them at its port", async () => {
  expect(await given(await hubAt(0))).toEqual(takenAt("its port"));
});

it("where a hub with a socket comes up just then, its port refuses an order, which then goes to the socket", async () => {
  const server = createServer(async (_, response) => {
    await hubAt(socket);
    response.writeHead(403).end("not at the port");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  expect(await given((server.address() as AddressInfo).port)).toEqual(takenAt("its socket")); // it listens on a port
});

it("of a hub that is not there each order says so", async () => {
  const silent = { status: 0, body: expect.stringContaining("ECONNREFUSED") };
  expect(await given(1)).toEqual([silent, silent]);
});

it("it runs within single quotes of a shell", () => {
  expect(orderProgram).not.toContain("'");
});
