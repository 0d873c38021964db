/** Probes from outside as they go: through a real router, to stand-ins that answer as agents do. */
import { expect, it, onTestFinished } from "vitest";
import type { ProbeConfig } from "../../../../hub/config.ts";
import { OutsideProbe } from "../../../../hub/io/outside/outside-probe.ts";
import { Agent } from "../../../../ops/local/agents/agent.ts";
import { serveRep } from "../../../../ops/local/agents/rep-server.ts";
import { freePorts } from "../../../support/free-ports.ts";
import { httpTarget, startRouter, tcpTarget } from "../../router/fixture.ts";

const host = "127.0.0.1";

function probeOf(ports: readonly number[], deadlineMs: number): OutsideProbe {
  const ways = (port: number): ProbeConfig[] => [
    { kind: "zmq", host, port, request: "health_check" },
    { kind: "http", host, port, path: "/health" },
  ];
  const clock = () => performance.now();
  const probe = new OutsideProbe({ places: ports.map(ways), deadlineMs, clock, anyAnswer: true });
  onTestFinished(() => probe.close());
  return probe;
}

async function standIn(name: string): Promise<{ agent: Agent; port: number }> {
  const [port = 0, healthPort = 0, httpPort = 0] = await freePorts(3);
  const agent = new Agent({ name, group: "test", host, port, healthPort, httpPort, kind: "zmq" }, "mainpc");
  await agent.listen();
  onTestFinished(() => agent.close());
  return { agent, port };
}

it("an agent that speaks ZeroMQ for its health and HTTP at its service is found served, also after it moved to its standby", async () => {
  const side = await startRouter();
  const [home, standby] = [await standIn("Tutor"), await standIn("Tutor")];
  await side.open({ host, port: home.port });
  const probe = probeOf([side.port], 10_000);
  expect([await probe.ask(), await probe.ask()]).toEqual([true, true]);
  await home.agent.setFault({ kind: "crashed" });
  await side.open({ host, port: standby.port });
  expect(await probe.ask()).toBe(true);
});

it("one that speaks ZeroMQ at its service is found served by that", async () => {
  const side = await startRouter();
  await side.open(await tcpTarget((socket) => serveRep(socket, async () => '{"status": "ok"}')));
  expect(await probeOf([side.port], 10_000).ask()).toBe(true);
});

it("a service that hangs, and one that nobody acts for, is not served within its deadline, and is where the other router leads", async () => {
  const side = await startRouter();
  const { agent, port } = await standIn("Tutor");
  await agent.setFault({ kind: "hung" });
  await side.open({ host, port });
  expect(await probeOf([side.port], 300).ask()).toBe(false);
  await side.hold();
  expect(await probeOf([side.port], 300).ask()).toBe(false);
  const other = await startRouter();
  await other.open(await httpTarget((_, response) => void response.end('{"status": "ok"}')));
  expect(await probeOf([side.port, other.port], 5_000).ask()).toBe(true);
});
