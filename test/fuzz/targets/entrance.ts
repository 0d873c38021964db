/** The hub's port for HTTP with its push API and OTLP's, over real sockets. */
import { startPushServer } from "../../hub/http/push-api-server.ts";
import { holds, type Outcome, type Subject, type Target } from "../engine/target.ts";
import { answers, askHttp, becomes, deeds, play } from "./sockets.ts";

/** As many pushes as the memory of a server is for; then there is a new one. */
const mostRuns = 300;

async function open(): Promise<Subject> {
  const start = () =>
    startPushServer({ bodyDeadlineMs: 150, deadlines: { headerMs: 300, requestMs: 600, checkEveryMs: 20 } });
  let server = await start();
  let runs = 0;
  const run = async (input: Buffer): Promise<Outcome> => {
    if (++runs % mostRuns === 0) {
      await server.close();
      server = await start();
    }
    const port = Number(new URL(server.url).port);
    const before = server.appended.length;
    await play(input, [port]);
    await answers(() => askHttp(port, "/-/healthy"), "200 ok\n");
    await becomes(async () => `${await server.connections()} connections`, "0 connections");
    holds(server.failures.length === 0, `the hub failed at a request: ${server.failures[0]}`);
    return server.appended.length > before ? "taken" : "refused";
  };
  return { run, close: () => server.close() };
}

const request = (method: string, path: string, body: string, ...headers: string[]) =>
  [`${method} ${path} HTTP/1.1`, "Host: hub", `Content-Length: ${Buffer.byteLength(body)}`, ...headers, "", body].join(
    "\r\n",
  );
const push = request("PUT", "/metrics/job/a", "x 1\n");
const otlp = request("POST", "/v1/metrics", '{"resourceMetrics":[]}', "Content-Type: application/json");
const chunked =
  "POST /metrics/job/b HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ny 1\n\r\n0\r\n\r\n";

export const targets: readonly Target[] = [
  {
    name: "entrance",
    about: "clients of any manners at the hub's HTTP port",
    form: "bytes",
    tokens: [
      ...deeds,
      "GET ",
      "PUT ",
      "DELETE ",
      "HEAD ",
      "OPTIONS ",
      " HTTP/1.1\r\n",
      " HTTP/1.0\r\n",
      "\r\n\r\n",
      "\r\n",
      "Host: hub\r\n",
      "Host: a.example\r\n",
      "Content-Length: 4\r\n",
      "Content-Length: 99999999\r\n",
      "Transfer-Encoding: chunked\r\n",
      "Content-Encoding: gzip\r\n",
      "Connection: close\r\n",
      "Connection: Upgrade\r\nUpgrade: websocket\r\n",
      "Expect: 100-continue\r\n",
      "Tandem-Client: c\r\nTandem-Seq: 1\r\n",
      "Tandem-Expires-After: 1\r\n",
      "Origin: http://x\r\n",
      "/metrics",
      "/metrics/job/a",
      "/api/v1/events",
      "/api/v1/fleet",
      "/v1/metrics",
      "x 1\n",
      push,
      "ffffffff\r\n",
      "0\r\n\r\n",
    ],
    seeds: () => [
      push,
      `${push}${push}${request("DELETE", "/metrics/job/a", "")}`,
      `${push.slice(0, 30)}~~p${push.slice(30)}~~n${chunked}~~e`,
      `${otlp}~~r~~n${request("GET", "/metrics", "")}~~x`,
      `GET /api/v1/events HTTP/1.1\r\nHost: hub\r\n\r\n~~p~~nGET / HTTP/1.1\r\n~~w`,
      request("PUT", "/metrics/job/z", "\x1f\x8b\x08not gzip", "Content-Encoding: gzip"),
    ],
    covers: /^hub\/(http|core\/(exposition|group-path|fold))/,
    maxBytes: 8_192,
    stretchBytes: 0,
    open,
  },
];
