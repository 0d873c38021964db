import type { RequestListener } from "node:http";
import { gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { Reply } from "zeromq";
import { fetchMetrics } from "../../../../hub/io/scrape/fetch-metrics.ts";
import { until } from "../../../support/until.ts";
import { freePort, httpServer, tcpServer } from "../probe/servers.ts";

const maxBodyBytes = 10_000;

function fetchAt(port: number, deadlineMs = 5_000, signal = new AbortController().signal) {
  const config = { host: "127.0.0.1", port, path: "/metrics", intervalMs: 15_000, deadlineMs };
  return fetchMetrics(config, { maxBodyBytes, clock: () => performance.now(), signal });
}

async function fetchFrom(answer: RequestListener, deadlineMs?: number) {
  return await fetchAt((await httpServer(answer)).port, deadlineMs);
}

describe("a fetch of metrics", () => {
  it("asks for plain text in gzip, on a connection of its own, and gives back what came", async () => {
    const asked: unknown[] = [];
    const fetched = await fetchFrom(({ method, url, headers }, response) => {
      asked.push([method, url, headers.accept, headers["accept-encoding"], headers.connection]);
      response.writeHead(200, { "content-type": 'Text/Plain; charset="utf-8"' }).end("up 1\n");
    });
    expect(asked).toEqual([["GET", "/metrics", "text/plain;version=0.0.4", "gzip", "close"]]);
    const answer = { status: 200, mediaType: "text/plain", location: undefined, text: "up 1\n" };
    expect(fetched).toEqual({ type: "answer", answer });
  });

  it("inflates gzip", async () => {
    const fetched = await fetchFrom((_, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("up 1\n")),
    );
    expect(fetched).toMatchObject({ answer: { text: "up 1\n" } });
  });

  it("follows no redirect", async () => {
    const asked: (string | undefined)[] = [];
    const fetched = await fetchFrom(({ url }, response) => {
      asked.push(url);
      response.writeHead(302, { location: "/elsewhere" }).end();
    });
    expect(fetched).toMatchObject({ answer: { status: 302, location: "/elsewhere" } });
    expect(asked).toEqual(["/metrics"]);
  });

  it.each<[string, RequestListener, string]>([
    ["more than 10,000 bytes", (_, r) => r.end("x".repeat(10_001)), "its answer is longer than 10000 bytes"],
    [
      "an endless answer",
      (_, r) => {
        const more = () => void (r.destroyed || r.write("x".repeat(1_000), () => setImmediate(more)));
        more();
      },
      "its answer is longer than 10000 bytes",
    ],
    [
      "what inflates to more than 10,000 bytes",
      (_, r) => r.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("x".repeat(10_001))),
      "its answer inflates to more than 10000 bytes",
    ],
    [
      "gzip that is none",
      (_, r) => r.writeHead(200, { "content-encoding": "gzip" }).end("up 1\n"),
      "its answer is no gzip, as it says: incorrect header check",
    ],
    [
      "another encoding",
      (_, r) => r.writeHead(200, { "content-encoding": "br" }).end("up 1\n"),
      "it encodes its answer as br, unasked",
    ],
    ["what is not UTF-8", (_, r) => r.end(Buffer.from([0xff, 0xfe])), "its answer is not UTF-8"],
    [
      "an answer that breaks off",
      (_, r) => {
        r.writeHead(200, { "content-length": 100 });
        r.write("up 1\n", () => r.destroy());
      },
      "the connection was closed in the middle of its answer",
    ],
  ])("fails at %s", async (_, answer, reason) => {
    expect(await fetchFrom(answer)).toEqual({ type: "failed", reason });
  });

  it("fails at its deadline when nothing comes, also in the middle of an answer that trickles", async () => {
    const mute = await httpServer(() => {});
    const reason = `GET http://127.0.0.1:${mute.port}/metrics had no whole answer within 100 ms`;
    expect(await fetchAt(mute.port, 100)).toEqual({ type: "failed", reason });
    await until("the connection to be let go", () => mute.sockets.size === 0);
    const trickling = await fetchFrom((_, response) => {
      const timer = setInterval(() => response.write("up 1\n"), 20);
      response.on("close", () => clearInterval(timer));
    }, 100);
    expect(trickling).toMatchObject({ reason: expect.stringContaining("no whole answer within 100 ms") });
  });

  it("tells a port that hangs, as a ZeroMQ socket does, from one that refuses", async () => {
    const hanging = await tcpServer((socket) => socket.resume());
    expect(await fetchAt(hanging.port, 100)).toMatchObject({ reason: expect.stringContaining("no whole answer") });
    const port = await freePort();
    expect(await fetchAt(port)).toEqual({ type: "failed", reason: `127.0.0.1:${port} refused the connection` });
  });

  it("names a real ZeroMQ socket", async () => {
    const socket = new Reply();
    onTestFinished(() => socket.close());
    await socket.bind("tcp://127.0.0.1:*");
    const port = Number(socket.lastEndpoint?.split(":").at(-1));
    const reason = `127.0.0.1:${port}: a ZeroMQ socket answers where HTTP is expected`;
    expect(await fetchAt(port)).toEqual({ type: "failed", reason });
  });

  it("ends at once when it is told to, and lets go of its connection", async () => {
    const mute = await httpServer(() => {});
    const stop = new AbortController();
    const fetching = fetchAt(mute.port, 3_600_000, stop.signal);
    await until("the connection", () => mute.sockets.size === 1);
    stop.abort();
    expect(await fetching).toMatchObject({ type: "failed" });
    await until("the connection to be let go", () => mute.sockets.size === 0);
  });
});
