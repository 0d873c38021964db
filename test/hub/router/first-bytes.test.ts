import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { until } from "../../support/until.ts";
import { dial, readAll, startRouter, tcpTarget } from "./fixture.ts";

async function echoed() {
  const side = await startRouter();
  const target = await tcpTarget((socket) => void socket.pipe(socket));
  await side.open(target);
  const client = await dial(side.port);
  // The router has connected the target, since neither side spoke.
  const late = () => until("a connection to the target", () => target.connections === 1);
  return { client, late };
}

describe("a client that says nothing but the beginning of a method", () => {
  it.each(["P", "GET"])("late, as %s, is carried as it is after a while", async (text) => {
    const { client, late } = await echoed();
    await late();
    client.write(text);
    let heard = "";
    client.setEncoding("latin1").on("data", (chunk: string) => (heard += chunk));
    await until("the echo", () => heard === text);
  });

  it.each(["P", "GET"])("at once, as %s, and ends its half, is carried with its bytes", async (text) => {
    const { client } = await echoed();
    client.end(text);
    expect(await readAll(client)).toBe(text);
  });

  it("late, and ends its half, is carried with its bytes", async () => {
    const { client, late } = await echoed();
    await late();
    client.end("DELETE");
    expect(await readAll(client)).toBe("DELETE");
    if (!client.destroyed) await once(client, "close");
  });
});
