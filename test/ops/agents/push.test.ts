import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { Gauge, Registry } from "prom-client";
import { expect, it, onTestFinished } from "vitest";
import { Connections } from "../../../ops/client/connections.ts";
import { push } from "../../../ops/local/agents/push.ts";
import { trust } from "../../../ops/site/trust.ts";
import { TlsSite } from "../../support/tls-files.ts";

it("a push goes by TLS to a hub whose address says so", async () => {
  const site = new TlsSite();
  const { certificate: cert, privateKey: key } = site.issue("mainpc");
  const asked: string[] = [];
  const server = createServer({ cert, key }, ({ method, url }, response) => {
    asked.push(`${method} ${url}`);
    response.end();
  });
  const connections = new Connections({ keepAlive: true });
  onTestFinished(() => {
    connections.destroy();
    server.close();
    site.remove();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  trust(site.authority.certificate);
  const registry = new Registry();
  new Gauge({ name: "turns", help: "Turns.", registers: [registry] }).set(1);
  await push({
    hub: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on a port
    job: "Tutor",
    groupings: { machine: "pc2" },
    registry,
    connections,
    deadlineMs: 5_000,
    signal: new AbortController().signal,
  });
  expect(asked).toEqual(["PUT /metrics/job/Tutor/machine/pc2"]);
});
