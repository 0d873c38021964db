import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { Entrance } from "../../../hub/http/entrance.ts";
import { type AnswerDeadlines, createHubFront, type ServerRoutes } from "../../../hub/http/hub-front.ts";
import { createLog } from "../../../hub/io/log.ts";
import { until } from "../../support/until.ts";

async function serve(
  metricsText: () => Promise<string>,
  deadlines?: AnswerDeadlines,
  onRefusedReader?: () => void,
): Promise<number> {
  const routes: ServerRoutes = {
    unready: () => undefined,
    apis: [],
    metricsText,
    ...(onRefusedReader && { onRefusedReader }),
    fleet: () => ({}),
    openApi: () => "{}",
    ledger: () => ({}),
    alerts: () => ({}),
    graph: () => ({}),
    events: () => expect.unreachable("a HEAD takes no place"),
    heartbeats: () => expect.unreachable("a HEAD takes no place"),
    page: () => "",
    pages: new Map([["/runbooks/hub-lost", (query) => `about ${query.get("subject")}`]]),
    assets: { hash: "", script: "", charts: "let charts;", style: "", runbooks: {} },
    peerOrigin: "http://192.0.2.20:9100",
    hosts: new Set(["hub.example.org"]),
  };
  const entrance = new Entrance(createLog("test", () => {}));
  const { server } = entrance;
  await entrance.listen({ host: "127.0.0.1", port: 0 });
  entrance.open(createHubFront(routes, deadlines));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port; // a TCP server has one
}

it("answers a HEAD of a path that streams with its headers alone", async () => {
  const port = await serve(async () => "");
  for (const path of ["/api/v1/events", "/internal/v1/heartbeats"])
    expect((await fetch(`http://127.0.0.1:${port}${path}`, { method: "HEAD" })).status, path).toBe(200);
});

it("answers 16 readers of all metrics at once, the 17th with 503, and again when one has left", async () => {
  // More than the socket buffers take, so that an answer lasts until it is read.
  let refused = 0;
  const text = "m 1\n".repeat(4_000_000);
  const port = await serve(
    async () => text,
    undefined,
    () => void refused++,
  );
  const slow = Array.from({ length: 16 }, (_, i) =>
    connect({ port, host: "127.0.0.1", localAddress: `127.0.0.${i < 8 ? 2 : 3}` }).pause(),
  );
  onTestFinished(() => {
    for (const socket of slow) socket.destroy();
  });
  for (const socket of slow) {
    socket.write("GET /metrics HTTP/1.1\r\nHost: hub\r\n\r\n");
    await once(socket, "readable");
  }
  const ask = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
    await answer.body?.cancel();
    return [answer.status, answer.headers.get("retry-after")];
  };
  expect(await ask()).toEqual([503, "1"]);
  expect(refused).toBe(1);
  const left = once(slow[0] ?? expect.unreachable(), "close");
  slow[0]?.destroy();
  await left;
  await expect.poll(ask).toEqual([200, null]);
});

it("answers 8 readers of all metrics of one address, so that a slow one keeps nobody else out", async () => {
  const port = await serve(async () => "m 1\n".repeat(4_000_000));
  const dial = () => connect({ port, host: "127.0.0.1", localAddress: "127.0.0.2" }).pause();
  const slow = Array.from({ length: 9 }, dial);
  onTestFinished(() => {
    for (const socket of slow) socket.destroy();
  });
  const heads: string[] = [];
  for (const socket of slow) {
    socket.write("GET /metrics HTTP/1.1\r\nHost: hub\r\n\r\n");
    await once(socket, "readable");
    heads.push(String(socket.read(12)));
  }
  expect(heads).toEqual([...Array.from({ length: 8 }, () => "HTTP/1.1 200"), "HTTP/1.1 503"]);
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  await answer.body?.cancel();
  expect(answer.status).toBe(200);
});

it.each([
  ["bit by bit", 1_024, { stallMs: 60_000, wholeMs: 500 }],
  ["not at all", 0, { stallMs: 500, wholeMs: 60_000 }],
])("drops readers that take their answers %s, and answers others in their place", async (_, takes, deadlines) => {
  const port = await serve(async () => "m 1\n".repeat(4_000_000), deadlines);
  const slow = Array.from({ length: 8 }, () => connect(port, "127.0.0.1").pause());
  // Each has its answer before another asks.
  for (const socket of slow) {
    socket.on("error", () => {});
    socket.write("GET /metrics HTTP/1.1\r\nHost: hub\r\n\r\n");
    await once(socket, "readable");
  }
  const reading = setInterval(() => {
    for (const socket of slow) if (takes > 0) socket.read(takes);
  }, 10);
  onTestFinished(() => {
    clearInterval(reading);
    for (const socket of slow) socket.destroy();
  });
  await until("an answer for another", async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => undefined);
    await answer?.body?.cancel();
    return answer?.status === 200;
  });
});

it("answers a further page with what its query says, under the page's own policy, and the charts' script", async () => {
  const port = await serve(async () => "");
  const page = await fetch(`http://127.0.0.1:${port}/runbooks/hub-lost?subject=pc2`);
  expect(await page.text()).toBe("about pc2");
  expect(page.headers.get("content-security-policy")).toContain("script-src 'self'; style-src 'self'");
  expect((await fetch(`http://127.0.0.1:${port}/runbooks/of-nothing`)).status).toBe(404);
  const charts = await fetch(`http://127.0.0.1:${port}/assets/charts.js`);
  expect([await charts.text(), charts.headers.get("content-type")]).toEqual([
    "let charts;",
    "text/javascript; charset=utf-8",
  ]);
});
