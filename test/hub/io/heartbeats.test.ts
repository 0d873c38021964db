import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Heartbeat } from "../../../hub/core/heartbeat.ts";
import { HeartbeatReceiver, type HeartbeatRoute } from "../../../hub/io/heartbeat-receiver.ts";
import { HeartbeatSender } from "../../../hub/io/heartbeat-sender.ts";
import { createLog } from "../../../hub/io/log.ts";
import { freePorts } from "../../support/free-ports.ts";
import { type NatsPair, startNatsPair } from "../../support/nats-pair.ts";
import { noSeals } from "../../support/seals.ts";
import { until } from "../../support/until.ts";

let said: string[];
const log = createLog("test", (line) => void said.push(line));
const words = {
  incarnation: "i1",
  wallMs: 0,
  lagMs: 0,
  copied: { metrics: { incarnation: "i1", seq: 7 } },
  holdings: { "metrics/pc2": { count: 7, holes: 0 } },
  agents: [],
};

describe("heartbeats of pc2, heard by mainpc", () => {
  let nats: NatsPair;
  let sender: HeartbeatSender;
  let server: Server;
  let port: number;
  let receiver: HeartbeatReceiver;
  let beats: { route: HeartbeatRoute; beat: Heartbeat }[];
  const closing: (() => Promise<void>)[] = [];

  const listen = () => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));

  beforeEach(async () => {
    [beats, said] = [[], []];
    nats = await startNatsPair();
    port = (await freePorts(1))[0] ?? 0;
    sender = new HeartbeatSender({
      machine: "pc2",
      peerHost: "127.0.0.9",
      seals: noSeals(),
      intervalMs: 100,
      compose: () => words,
    });
    server = createServer((request, response) => sender.serve(request, response));
    await listen();
    const [from, to] = await Promise.all([nats.pc2.connect(), nats.mainpc.connect()]);
    closing.push(async () => {
      await Promise.all([from.close(), to.close()]);
    });
    sender.attach(from);
    receiver = new HeartbeatReceiver({
      peer: "pc2",
      address: { host: "127.0.0.1", port },
      seals: noSeals(),
      log,
      heard: (beat, route) => void beats.push({ route, beat }),
    });
    receiver.start();
    receiver.attach(to);
  });

  afterEach(async () => {
    receiver.stop();
    sender.stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    for (const close of closing.splice(0)) await close();
    await nats.stop();
  });

  const heardBy = (route: HeartbeatRoute) => beats.filter((beat) => beat.route === route).length;

  it("come by NATS over the leaf and by HTTP, with the same counters and words", async () => {
    await until("both paths", () => heardBy("nats") >= 3 && heardBy("http") >= 3);
    expect(beats[0]?.beat).toMatchObject({ machine: "pc2", ...words });
    const [nats, http] = (["nats", "http"] as const).map((route) =>
      beats.filter((beat) => beat.route === route).map(({ beat }) => beat.counter),
    );
    expect(http?.filter((counter) => nats?.includes(counter)).length).toBeGreaterThanOrEqual(2);
  });

  it("that end by a closed socket or a refused port come again with the port", async () => {
    await until("HTTP", () => heardBy("http") >= 1);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const before = heardBy("http");
    await listen();
    await until("HTTP again", () => heardBy("http") > before);
  });

  it.runIf(process.platform === "linux")(
    "are always told to the peer, and to 2 readers of another address and 4 others at most",
    async () => {
      const read = async (localAddress: string) => {
        const asked = request({ host: "127.0.0.1", port, localAddress, agent: false }).end();
        asked.on("error", () => {});
        closing.push(async () => void asked.destroy());
        const [answer] = (await once(asked, "response")) as [IncomingMessage];
        answer.on("error", () => {}).resume();
        return answer;
      };
      await until("the receiver", () => heardBy("http") >= 1);
      const status = async (address: string) => (await read(address)).statusCode;
      // The receiver is one of the four, as it comes from 127.0.0.1.
      expect([await status("127.0.0.3"), await status("127.0.0.3"), await status("127.0.0.3")]).toEqual([
        200, 200, 503,
      ]);
      expect([await status("127.0.0.4"), await status("127.0.0.5")]).toEqual([200, 503]);
      const first = await read("127.0.0.9");
      const closed = new Promise((resolve) => first.once("close", resolve));
      expect([first.statusCode, await status("127.0.0.9"), await status("127.0.0.9")]).toEqual([200, 200, 200]);
      await closed;
    },
  );

  it("that are no heartbeats are passed over", async () => {
    // What is said before the leaf knows that somebody listens reaches nobody.
    await until("true ones", () => heardBy("nats") >= 1);
    const stranger = await nats.pc2.connect();
    stranger.publish("tandem.heartbeat.pc2", "not JSON");
    stranger.publish("tandem.heartbeat.pc2", JSON.stringify({ v: 1, machine: "pc2" }));
    await stranger.flush();
    await stranger.close();
    await until("both", () => said.filter((line) => line.includes('"heartbeat.malformed"')).length === 2);
    const before = heardBy("nats");
    await until("true ones behind them", () => heardBy("nats") >= before + 2);
    expect(beats.every(({ beat }) => beat.incarnation === "i1")).toBe(true);
  });
});
