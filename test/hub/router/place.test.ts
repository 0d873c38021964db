import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { RouterLimits } from "../../../hub/core/router/limits.ts";
import { monoMs } from "../../../hub/io/mono-clock.ts";
import { carryBytes } from "../../../hub/router/connection.ts";
import { Place, Unreached } from "../../../hub/router/place.ts";
import { Route, type RouteEvent } from "../../../hub/router/route.ts";
import { until } from "../../support/until.ts";
import { dial, service, tcpTarget } from "./fixture.ts";

const limits = RouterLimits.parse({});

/** A target that counts the connections which stand. */
async function counted() {
  const open = new Set<Socket>();
  const target = await tcpTarget((socket) => {
    open.add(socket);
    socket.resume().once("end", () => socket.end());
    socket.once("close", () => open.delete(socket));
  });
  return { open, target, to: { host: target.host, port: target.port } };
}

describe("what happens while a target is connected", () => {
  it.each([
    ["the service leaves", (place: Place) => place.leave()],
    ["the lease ends", (place: Place) => place.renew(monoMs())],
  ])("%s: nothing goes there any more", async (_, happens) => {
    const { target, open, to } = await counted();
    const place = new Place({ to, limits, onFailure: () => {}, onExpired: () => {}, onDrained: () => {} });
    const connected = place.connect({ allowHalfOpen: true });
    happens(place);
    await expect(connected).rejects.toBeInstanceOf(Unreached);
    await until("a connection that was given up", () => target.connections === 1 && open.size === 0);
    place.leave();
  });

  it("the client leaves: the target is let go, and the route drains", async () => {
    const { to } = await counted();
    const events: RouteEvent[] = [];
    const route = new Route({ service, port: 1, protocol: "tcp" }, limits, (event) => void events.push(event));
    route.take({ service, epoch: 1, to, untilMonoMs: null });
    const client = await accepted();
    const carried = carryBytes(client, route);
    client.destroy();
    await once(client, "close");
    await carried;
    route.stop();
    expect(route.draining).toBe(0);
    expect(events.map(({ type }) => type)).toEqual(["opened", "drained"]);
  });
});

/** The router's end of a client's connection. */
async function accepted(): Promise<Socket> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const address = server.address();
  const taken = once(server, "connection");
  await dial(typeof address === "object" ? (address?.port ?? 0) : 0);
  const [client] = (await taken) as [Socket]; // what the event carries
  client.on("error", () => {});
  return client;
}
