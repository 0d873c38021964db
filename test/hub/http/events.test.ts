import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { EventFeed } from "../../../hub/http/events.ts";

const moved = {
  type: "moved",
  service: "TutorAgent",
  from: "mainpc",
  to: "pc2",
  epoch: 3,
  why: "home is back",
} as const;

it("serves 16 listeners of one address, and the next one is refused with 503, of which its caller is told", async () => {
  const feed = new EventFeed();
  const served: boolean[] = [];
  const server = createServer((asked, response) => void served.push(feed.serve(asked, response, moved)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // a TCP server has one
  const statuses: (number | undefined)[] = [];
  for (let i = 0; i < 17; i++) {
    const asked = request({ host: "127.0.0.1", port, agent: false }).end();
    asked.on("error", () => {});
    const [answer] = (await once(asked, "response")) as [IncomingMessage]; // what the event carries
    answer.on("error", () => {}).resume();
    statuses.push(answer.statusCode);
  }
  expect(statuses).toEqual([...Array.from({ length: 16 }, () => 200), 503]);
  expect(served).toEqual([...Array.from({ length: 16 }, () => true), false]);
  expect(feed.listeners).toBe(16);
});
