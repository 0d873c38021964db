import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { HttpProbe } from "../../../hub/io/probe/http-probe.ts";
import { TlsSite } from "../../support/tls-files.ts";
import { httpServer } from "../io/probe/servers.ts";

describe("a hub that is asked for its health by TLS", { timeout: 60_000 }, () => {
  let site: TlsSite;
  let caFile: string;
  let port: number;
  const server = createServer((_, response) => response.end("ok"));
  beforeAll(async () => {
    site = new TlsSite();
    const issued = site.issue("pc2");
    ({ caFile } = site.write("pc2", issued));
    server.setSecureContext({ cert: issued.certificate, key: issued.privateKey });
    await once(server.listen(0, "127.0.0.1"), "listening");
    ({ port } = server.address() as AddressInfo); // a TCP server has one
  }, 60_000);
  afterAll(() => {
    server.close();
    site.remove();
  });

  const probe = (machine: string, at = port) => {
    const config = { kind: "http" as const, host: "127.0.0.1", port: at, path: "/livez", tls: { caFile, machine } };
    const made = new HttpProbe(config, { deadlineMs: 10_000, clock: () => performance.now(), onIdleClose: () => {} });
    onTestFinished(() => made.close());
    return made;
  };

  it("answers by one connection that is kept, also when the CA's file is away meanwhile", async () => {
    let connections = 0;
    server.on("secureConnection", () => connections++);
    const asking = probe("pc2");
    expect(await asking.ask()).toMatchObject({ health: "healthy" });
    rmSync(caFile);
    for (let round = 0; round < 5; round++) expect(await asking.ask()).toMatchObject({ health: "healthy" });
    expect(connections).toBe(1);
    site.replace(caFile, site.authority.certificate);
  });

  it("is not taken for another machine, nor a server without TLS for a hub", async () => {
    expect(await probe("mainpc").ask()).toMatchObject({ type: "timeout", reason: expect.stringContaining("of pc2") });
    const plain = await httpServer((_, response) => response.end("ok"));
    expect(await probe("pc2", plain.port).ask()).toMatchObject({ type: "timeout" });
  });
});
