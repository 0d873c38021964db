import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
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
    const { client } = await accepted();
    const carried = carryBytes(client, route);
    client.destroy();
    await once(client, "close");
    await carried;
    route.stop();
    expect(route.draining).toBe(0);
    expect(events.map(({ type }) => type)).toEqual(["opened", "drained"]);
  });
});

describe("a machine that sleeps", () => {
  it("has slept through the lease's end though its monotonic clock stood still: what is carried is cut, and nothing new goes there", async () => {
    const { open, to } = await counted();
    let sleptMs = 5_000;
    let expired = false;
    const place: Place = new Place({
      to,
      limits,
      onFailure: () => {},
      onExpired: () => {
        expired = true;
        place.cut();
      },
      onDrained: () => {},
      asleepMs: () => sleptMs,
    });
    onTestFinished(() => place.cut());
    place.renew(monoMs() + 600_000);
    const carried = await place.connect({ allowHalfOpen: false });
    place.enter({ leave: () => {}, cut: () => carried.destroy() });
    await pause(300);
    expect([place.isExpired(), open.size]).toEqual([false, 1]);
    sleptMs += 600_000;
    expect(place.isExpired()).toBe(true);
    await expect(place.connect({ allowHalfOpen: false })).rejects.toBeInstanceOf(Unreached);
    await until("the cut", () => expired && open.size === 0);
  });

  it("has what of the lease its sleep has left, and all of one that is told after it", async () => {
    let sleptMs = 0;
    const options = { to: { host: "127.0.0.1", port: 9 }, limits, onFailure: () => {}, onExpired: () => {} };
    const place = new Place({ ...options, onDrained: () => {}, asleepMs: () => sleptMs });
    onTestFinished(() => place.cut());
    place.renew(monoMs() + 600_000);
    sleptMs += 400_000;
    expect(place.isExpired()).toBe(false);
    // Looked at between, as the timer does, it is not forgotten.
    await pause(300);
    sleptMs += 200_000;
    expect(place.isExpired()).toBe(true);
    place.renew(monoMs() + 1_000);
    expect(place.isExpired()).toBe(false);
  });
});

describe("what is under way when another router follows", () => {
  const elsewhere = { host: "127.0.0.1", port: 9 };
  const echo = async (far: Socket, text: string) => {
    far.write(text);
    const [heard] = await once(far, "data");
    return String(heard);
  };
  const ended = (far: Socket) => until("the end of the connection", () => far.readableEnded || far.destroyed);

  /** A route to a target that echoes, and a connection of a client on it. */
  async function underWay() {
    const { host, port } = await tcpTarget((socket) => void socket.pipe(socket));
    const route = new Route({ service, port: 1, protocol: "tcp" }, limits, () => {});
    onTestFinished(() => route.stop());
    const word = { service, epoch: 1, to: { host, port }, untilMonoMs: null };
    route.take(word);
    const { client, far } = await accepted();
    void carryBytes(client, route);
    expect(await echo(far, "one")).toBe("one");
    return { route, word, far };
  }

  it("ends after the time for last requests where no lease ends it: this router hears of no move", async () => {
    const { route, far } = await underWay();
    route.handOn(elsewhere, 50);
    await ended(far.resume());
  });

  it("goes on when this router acts again and hears the same target, and ends when it hears of another", async () => {
    const { route, word, far } = await underWay();
    route.handOn(elsewhere, 100);
    route.takeBack();
    route.take(word);
    await pause(300);
    expect(await echo(far, "two")).toBe("two");
    route.take({ ...word, epoch: 2, to: elsewhere });
    await ended(far.resume());
  });

  it.each([
    ["of another target", elsewhere],
    ["that nobody acts", null],
  ])("ends when this router acts again and hears %s", async (_, to) => {
    const { route, word, far } = await underWay();
    route.handOn(elsewhere, 60_000);
    route.takeBack();
    route.take({ ...word, epoch: 2, to });
    await ended(far.resume());
  });
});

/** A client's connection: the router's end, and the far one. */
async function accepted(): Promise<{ client: Socket; far: Socket }> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const address = server.address();
  const taken = once(server, "connection");
  const far = await dial(typeof address === "object" ? (address?.port ?? 0) : 0);
  const [client] = (await taken) as [Socket]; // what the event carries
  client.on("error", () => {});
  return { client, far };
}
