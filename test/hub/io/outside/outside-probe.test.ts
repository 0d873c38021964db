import { createServer } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { createServer as createTcpServer } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import type { ProbeConfig } from "../../../../hub/config.ts";
import { OutsideProbe } from "../../../../hub/io/outside/outside-probe.ts";
import { servicePlaces } from "../../../../hub/io/outside/targets.ts";
import { serveRep } from "../../../../ops/local/agents/rep-server.ts";
import { freePorts } from "../../../support/free-ports.ts";
import { smallConfig } from "../../small-config.ts";

const host = "127.0.0.1";

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port; // it listens on TCP
}
const http = (status: number, body: string) =>
  listen(createServer((_, response) => response.writeHead(status, { connection: "close" }).end(body)));
const zmq = (answer: string) => listen(createTcpServer((socket) => serveRep(socket, async () => answer)));
const silent = () => listen(createTcpServer((socket) => socket.resume().on("error", () => {})));

function ask(places: ProbeConfig[][], anyAnswer = true, deadlineMs = 500): Promise<boolean> {
  const probe = new OutsideProbe({ places, deadlineMs, clock: () => performance.now(), anyAnswer });
  onTestFinished(() => probe.close());
  return probe.ask();
}
const byHttp = (port: number): ProbeConfig => ({ kind: "http", host, port, path: "/health" });
const byZmq = (port: number): ProbeConfig => ({ kind: "zmq", host, port, request: "health" });

it("is served by the second address where the first refuses, is silent, or answers 503", async () => {
  const well = await http(200, "ok");
  const [closed = 0] = await freePorts(1);
  for (const first of [closed, await silent(), await http(503, "nobody acts")])
    expect(await ask([[byHttp(first)], [byHttp(well)]]), String(first)).toBe(true);
});

it("is not served where neither does, nor by a service that says that it is ill", async () => {
  const [closed = 0] = await freePorts(1);
  expect(await ask([[byHttp(closed)], [byHttp(await http(500, ""))]])).toBe(false);
  expect(await ask([[byZmq(await zmq('{"status": "error"}'))]])).toBe(false);
  expect(await ask([[byZmq(await zmq('{"status": "degraded"}'))]])).toBe(true);
});

it("takes any answer of a service for good that is none of its health, and of a hub its own word alone", async () => {
  const port = await http(200, '{"greeting": "hello"}');
  expect(await ask([[byHttp(port)]], true)).toBe(true);
  expect(await ask([[byHttp(port)]], false)).toBe(false);
});

it("finds out which of two protocols a route speaks, and keeps to it", async () => {
  let asked = 0;
  const port = await listen(
    createServer((_, response) => {
      asked++;
      response.end('{"status": "ok"}');
    }),
  );
  const probe = new OutsideProbe({
    places: [[byZmq(port), byHttp(port)]],
    deadlineMs: 500,
    clock: () => performance.now(),
    anyAnswer: true,
  });
  onTestFinished(() => probe.close());
  expect([await probe.ask(), await probe.ask(), asked]).toEqual([true, true, 2]);
  expect(await ask([[byHttp(await zmq("ok")), byZmq(await zmq("ok"))]])).toBe(true);
});

it("asks a service at its route on this machine, then on the other, whose router may have another port there", () => {
  const config = smallConfig();
  const [service] = config.services;
  if (service === undefined) return expect.unreachable();
  const ports = (change: Partial<typeof service>) =>
    servicePlaces({ ...service, ...change }, config).map((ways) => ways.map(({ kind, port }) => `${kind} ${port}`));
  expect(ports({})).toEqual([
    ["http 11000", "zmq 11000"],
    ["http 11000", "zmq 11000"],
  ]);
  expect(ports({ peerRoute: 21_000 })[1]?.[0]).toBe("http 21000");
  expect(ports({ route: undefined })).toEqual([]);
});
