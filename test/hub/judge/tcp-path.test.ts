import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { frame } from "../../../hub/judge/frames.ts";
import { TcpPath } from "../../../hub/judge/tcp-path.ts";
import { freePorts } from "../../support/free-ports.ts";
import { until } from "../../support/until.ts";

const host = "127.0.0.1";
const port = async () => (await freePorts(1))[0] ?? 0;

async function open(peerPort: number, onRefused = () => {}): Promise<{ at: number; heard: string[] }> {
  const at = await port();
  const heard: string[] = [];
  const received = (bytes: Buffer) => {
    heard.push(String(bytes));
    return String(bytes) === "genuine";
  };
  const path = await TcpPath.open({
    listen: { host, port: at },
    peer: { host, port: peerPort },
    received,
    refused: onRefused,
  });
  onTestFinished(() => path.stop());
  return { at, heard };
}

async function dial(at: number, localAddress: string): Promise<Socket> {
  const socket = connect({ port: at, host, localAddress }).resume();
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

describe.runIf(process.platform === "linux")("the path of beats by TCP", () => {
  it("lets the peer in while strangers hold all 8 places and come again as often as they are dropped", async () => {
    const { at, heard } = await open(await port());
    const crowd = new Set<Socket>();
    let crowds = true;
    onTestFinished(() => {
      crowds = false;
    });
    const come = async () => {
      const socket = await dial(at, "127.0.0.9");
      crowd.add(socket);
      socket.once("close", () => {
        crowd.delete(socket);
        if (crowds) void come().catch(() => {});
      });
    };
    await Promise.all(Array.from({ length: 8 }, come));
    const peer = await dial(at, host);
    let closed = false;
    peer.once("close", () => {
      closed = true;
    });
    peer.write(frame(Buffer.from("genuine")));
    await until("the peer is heard", () => heard.includes("genuine"));
    crowds = false;
    for (let i = 0; i < 20; i++) (await dial(at, "127.0.0.9")).write(frame(Buffer.from("odd")));
    const before = heard.filter((text) => text === "genuine").length;
    peer.write(frame(Buffer.from("genuine")));
    await until("it is heard on", () => heard.filter((text) => text === "genuine").length > before);
    expect(closed).toBe(false);
  });

  it("dials a peer that hangs up at once ever again with a pause, and says each time that it was refused", async () => {
    let dials = 0;
    let refusals = 0;
    const server = createServer((socket) => {
      dials++;
      socket.destroy();
    }).listen(0, host);
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const startedAtMs = performance.now();
    await open((server.address() as AddressInfo).port, () => refusals++); // a TCP server has one
    await until("5 dials", () => dials >= 5);
    // 4 pauses of 100 ms lie between 5 of them, however slow the computer is.
    expect(performance.now() - startedAtMs).toBeGreaterThan(350);
    await until("as many refusals", () => refusals >= 4);
  });
});
