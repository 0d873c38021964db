import { once } from "node:events";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { HeartbeatReceiver } from "../../../hub/io/heartbeat-receiver.ts";
import { HeartbeatSender } from "../../../hub/io/heartbeat-sender.ts";
import { createLog } from "../../../hub/io/log.ts";
import { HubDial } from "../../../hub/tls/dial.ts";
import { noSeals } from "../../support/seals.ts";
import { TlsSite } from "../../support/tls-files.ts";
import { until } from "../../support/until.ts";

const log = createLog("mainpc", () => {});

/** Who listens on a port of this computer, and counts who comes. */
async function listening(server: Server): Promise<{ port: number; came(): number }> {
  let count = 0;
  server.on("connection", () => count++);
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, came: () => count }; // it listens on a port
}

function receiverOf(port: number, dial?: HubDial): { beats(): number } {
  let count = 0;
  const receiver = new HeartbeatReceiver({
    peer: "pc2",
    address: { host: "127.0.0.1", port },
    seals: noSeals(),
    ...(dial && { dial }),
    log,
    heard: () => count++,
  });
  receiver.start();
  onTestFinished(() => receiver.stop());
  return { beats: () => count };
}

describe("whoever hears the peer's beats by HTTP", { timeout: 60_000 }, () => {
  it("asks 3 to 6 times in 2 s, and not 20 times, while it is refused, and hears again once it is not", async () => {
    const words = { incarnation: "i1", wallMs: 0, lagMs: 0, copied: {}, holdings: {}, agents: [] };
    const seals = noSeals();
    const sender = new HeartbeatSender({
      machine: "pc2",
      peerHost: "127.0.0.1",
      seals,
      intervalMs: 100,
      compose: () => words,
    });
    onTestFinished(() => sender.stop());
    let serve: RequestListener = (_, response) => void response.writeHead(403).end();
    const server = createHttpServer((request, response) => serve(request, response));
    const { port, came } = await listening(server);
    onTestFinished(() => server.closeAllConnections());
    const { beats } = receiverOf(port);
    await sleep(2_000);
    expect(came()).toBeGreaterThanOrEqual(3);
    expect(came()).toBeLessThanOrEqual(6);
    serve = (request, response) => sender.serve(request, response);
    await until("beats", () => beats() > 0);
  });

  it("asks 3 to 6 times in 2 s while the connection is ended unanswered, or the certificate is another's", async () => {
    const site = new TlsSite();
    const { certificate: cert, privateKey: key } = site.issue("mainpc");
    const tls = { ...site.write("mainpc", { certificate: cert, privateKey: key }), plain: "here" as const };
    const of = { machine: { name: "mainpc" }, peer: { name: "pc2" } } as ConstructorParameters<typeof HubDial>[0]; // what it reads
    onTestFinished(() => site.remove());
    const ending = await listening(createServer((socket) => socket.destroy()));
    const strange = await listening(createTlsServer({ cert, key }, (_, response) => response.end()));
    receiverOf(ending.port);
    receiverOf(strange.port, new HubDial({ ...of, tls }));
    await sleep(2_000);
    for (const { came } of [ending, strange]) {
      expect(came()).toBeGreaterThanOrEqual(3);
      expect(came()).toBeLessThanOrEqual(6);
    }
  });
});
