import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Prober } from "../../../../ops/chaos/prober/prober.ts";
import type { Sample } from "../../../../ops/chaos/prober/sample.ts";

describe("the prober", () => {
  let server: Server;
  let url: string;
  beforeAll(async () => {
    server = createServer((_, response) => response.end("ok"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`; // it listens on a port
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it("asks more while it runs, and goes on with other addresses where it is given some", async () => {
    const stream = (name: string, machine: string) => ({
      name,
      kind: "get" as const,
      targets: [{ machine, url }],
      everyMs: 20,
      tryMs: 5_000,
    });
    const prober = new Prober([stream("a", "mainpc")]);
    const until = async (fits: (sample: Sample) => boolean) => {
      while (!prober.drain().some(fits)) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    try {
      await until(({ stream, by, ok }) => stream === "a" && by === "mainpc" && ok);
      prober.ask([stream("a", "pc2"), stream("b", "mainpc")]);
      await until(({ stream, ok }) => stream === "b" && ok);
      await until(({ stream, by, ok }) => stream === "a" && by === "pc2" && ok);
      expect(prober.streams.map(({ name }) => name)).toEqual(["a", "b"]);
    } finally {
      await prober.close();
    }
  });
});
