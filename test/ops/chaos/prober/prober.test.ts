import { rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { Prober } from "../../../../ops/chaos/prober/prober.ts";
import type { Sample } from "../../../../ops/chaos/prober/sample.ts";
import { OperatorError } from "../../../../ops/error.ts";
import { trust } from "../../../../ops/site/trust.ts";
import { TlsSite } from "../../../support/tls-files.ts";

const site = new TlsSite();
const { certificate: cert, privateKey: key } = site.issue("mainpc");

describe("the prober", () => {
  const servers: Server[] = [];
  let url: string;
  let tlsUrl: string;
  let prober: Prober;

  const listening = async (server: Server) => {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(server.address() as AddressInfo).port}/`; // it listens on a port
  };
  beforeAll(async () => {
    url = `http://${await listening(createServer((_, response) => response.end("ok")))}`;
    tlsUrl = `https://${await listening(createTlsServer({ cert, key }, (_, response) => response.end("ok")))}`;
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await prober.close();
  });
  afterAll(() => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    site.remove();
  });

  const stream = (name: string, machine: string, to = url, kind: "get" | "push" = "get") => ({
    name,
    kind,
    targets: [{ machine, url: to }],
    everyMs: 20,
    tryMs: 5_000,
  });
  const until = async (fits: (sample: Sample) => boolean) => {
    for (;;) {
      const found = prober.drain().find(fits);
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };

  it("asks more while it runs, and goes on with other addresses where it is given some", async () => {
    prober = new Prober([stream("a", "mainpc")]);
    await until(({ stream, by, ok }) => stream === "a" && by === "mainpc" && ok);
    prober.ask([stream("a", "pc2"), stream("b", "mainpc")]);
    await until(({ stream, ok }) => stream === "b" && ok);
    await until(({ stream, by, ok }) => stream === "a" && by === "pc2" && ok);
    expect(prober.streams.map(({ name }) => name)).toEqual(["a", "b"]);
  });

  it("asks by TLS where an address says so, and believes in its thread the CAs that are trusted here", async () => {
    prober = new Prober([stream("a", "mainpc", tlsUrl)]);
    expect((await until(({ stream }) => stream === "a")).errors.join()).toMatch(/mainpc: \w*(SELF_SIGNED|VERIFY)/);
    await prober.close();
    trust(site.authority.certificate);
    prober = new Prober([stream("a", "mainpc", tlsUrl), stream("b", "mainpc")]);
    await until(({ stream, ok }) => stream === "a" && ok);
    await until(({ stream, ok }) => stream === "b" && ok);
  });

  it("counts what throws before anything is sent as a failure, and goes on", async () => {
    vi.stubEnv("TANDEM_PUSH_TOKEN_FILE", "/nowhere/token");
    prober = new Prober([stream("a", "mainpc", "gopher://127.0.0.1/"), stream("b", "mainpc", url, "push")]);
    expect((await until(({ stream }) => stream === "a")).errors).toEqual([expect.stringContaining("gopher:")]);
    expect((await until(({ stream }) => stream === "b")).errors).toEqual([expect.stringContaining("/nowhere/token")]);
    await until(({ stream, ok }) => stream === "a" && !ok);
  });

  it("shows the last good token while its file cannot be read, and the new one once it can", async () => {
    const token = join(site.folder, "token");
    writeFileSync(token, "first\n");
    vi.stubEnv("TANDEM_PUSH_TOKEN_FILE", token);
    const shown: (string | undefined)[] = [];
    const server = createServer(({ headers }, response) => {
      shown.push(headers.authorization);
      response.end();
    });
    prober = new Prober([stream("a", "mainpc", `http://${await listening(server)}`, "push")]);
    await until(({ ok }) => ok);
    rmSync(token);
    // A token is read anew after 5 s at most.
    for (const endMs = performance.now() + 6_000; performance.now() < endMs; await pause(50))
      expect(prober.drain().filter(({ ok }) => !ok)).toEqual([]);
    writeFileSync(token, "second\n");
    await until(() => shown.at(-1) === "Bearer second");
    expect(new Set(shown)).toEqual(new Set(["Bearer first", "Bearer second"]));
  });

  it("tells that its thread has died as an operator's error with what to do", async () => {
    prober = new Prober([stream("a", "mainpc")]);
    await until(({ ok }) => ok);
    prober.ask([{ ...stream("b", "mainpc"), targets: null as never }]); // which no caller may
    const failure = await until(() => false).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(OperatorError);
    expect(failure).toMatchObject({ code: "prober.died", next: expect.stringContaining("--resume") });
  });
});
