import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect, createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { Request } from "zeromq";
import { controlSocketPath, type HostedAgent } from "../../../ops/local/agents/config.ts";
import { askControl } from "../../../ops/local/agents/control-client.ts";
import type { Fault } from "../../../ops/local/agents/fault.ts";
import { freePorts } from "../../support/free-ports.ts";
import { until } from "../../support/until.ts";
import { dataFolder, rememberingHub, someAgents, startProcess, writeConfig } from "./process.ts";

/** Asks as the fleet's own programs do: with the real ZeroMQ library. */
async function askByZeroMq(agent: HostedAgent, receiveTimeout = 5_000): Promise<Record<string, unknown>> {
  const socket = new Request({ receiveTimeout, linger: 0 });
  try {
    socket.connect(`tcp://${agent.host}:${agent.healthPort}`);
    await socket.send('{"action": "health_check"}');
    const [reply] = await socket.receive();
    return JSON.parse(String(reply));
  } finally {
    socket.close();
  }
}

async function get(port: number, path: string): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(5_000) });
  return { status: response.status, body: await response.text() };
}

async function fault(data: string, agent: string, wanted: Fault): Promise<void> {
  const outcome = await askControl(controlSocketPath(data, "mainpc", "agents"), {
    command: "fault",
    agent,
    fault: wanted,
  });
  expect(outcome).toMatchObject({ type: "answer", answer: { ok: true, agents: [{ name: agent, fault: wanted }] } });
}

async function tookMs(answer: Promise<unknown>): Promise<number> {
  const sinceMs = performance.now();
  await answer;
  return performance.now() - sinceMs;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const accepted = await once(socket, "connect").then(
    () => true,
    () => false,
  );
  socket.destroy();
  return accepted;
}

async function host(...kinds: Parameters<typeof someAgents>) {
  const data = dataFolder();
  const agents = await someAgents(...kinds);
  const running = startProcess("host.ts", writeConfig(data, "agents", { agents }));
  const ready = await running.ready;
  const [first] = agents;
  if (first === undefined) throw new Error("a host needs an agent");
  return { data, agents, first, running, ready };
}

describe("a host of agents", () => {
  it("answers the real ZeroMQ library on the health port and HTTP beside it", async () => {
    const { first, ready } = await host(["Router", "zmq"]);
    expect(ready).toMatchObject({ ready: true, machine: "mainpc", agents: ["Router"] });
    expect(await askByZeroMq(first)).toMatchObject({ status: "ok", ready: true, agent: "Router", machine: "mainpc" });
    expect(JSON.parse((await get(first.httpPort, "/health")).body)).toMatchObject({ status: "ok", ready: true });
    const metrics = (await get(first.httpPort, "/metrics")).body;
    expect(metrics).toContain('agent_requests_total{socket="health"} 1');
    expect(metrics).toMatch(/^agent_up_since_seconds \d+/m);
    expect((await get(first.httpPort, "/nowhere")).status).toBe(404);
    expect(await accepts(first.port)).toBe(true);
  });

  it("opens what the agent's kind says: HTTP on the health port of one, a bare TCP listener on that of another", async () => {
    const { agents } = await host(["Web", "http"], ["Bare", "tcp"]);
    const [web, bare] = agents;
    expect(JSON.parse((await get(web?.healthPort ?? 0, "/health")).body)).toMatchObject({ agent: "Web" });
    expect(await accepts(bare?.healthPort ?? 0)).toBe(true);
    expect(JSON.parse((await get(bare?.httpPort ?? 0, "/health")).body)).toMatchObject({ agent: "Bare" });
  });

  it("crashes one agent of 2 by closing its 3 ports, and heals it on the same ones", async () => {
    const { data, agents } = await host(["Doomed", "zmq"], ["Bystander", "zmq"]);
    const [doomed, bystander] = agents as [HostedAgent, HostedAgent]; // two were asked for
    await fault(data, "Doomed", { kind: "crashed" });
    for (const port of [doomed.port, doomed.healthPort, doomed.httpPort]) expect(await accepts(port)).toBe(false);
    expect(await askByZeroMq(bystander)).toMatchObject({ status: "ok" });
    await fault(data, "Doomed", { kind: "none" });
    expect(await askByZeroMq(doomed)).toMatchObject({ status: "ok" });
  });

  it("stays crashed, and says why, when its port was taken meanwhile", async () => {
    const { data, first } = await host(["Doomed", "zmq"]);
    await fault(data, "Doomed", { kind: "crashed" });
    const thief = createServer().listen(first.healthPort, "127.0.0.1");
    onTestFinished(() => void thief.close());
    await once(thief, "listening");
    const control = controlSocketPath(data, "mainpc", "agents");
    const healed = await askControl(control, { command: "fault", agent: "Doomed", fault: { kind: "none" } });
    expect(healed).toMatchObject({ type: "answer", answer: { ok: false, code: "port.taken" } });
    expect(await accepts(first.port)).toBe(false);
  });

  it("hangs: accepts on all ports and answers none, until it is healed", async () => {
    const { data, first } = await host(["Sleeper", "zmq"]);
    await fault(data, "Sleeper", { kind: "hung" });
    expect(await accepts(first.port)).toBe(true);
    await expect(askByZeroMq(first, 200)).rejects.toThrow();
    await expect(
      fetch(`http://127.0.0.1:${first.httpPort}/metrics`, { signal: AbortSignal.timeout(200) }),
    ).rejects.toThrow();
    await fault(data, "Sleeper", { kind: "none" });
    expect(await askByZeroMq(first)).toMatchObject({ status: "ok" });
  });

  it("says that it is not well by ZeroMQ and, with HTTP 200, by HTTP", async () => {
    const { data, first } = await host(["Limper", "zmq"]);
    await fault(data, "Limper", { kind: "faulty", status: "degraded", message: "queue is long" });
    expect(await askByZeroMq(first)).toMatchObject({ status: "degraded", message: "queue is long" });
    const { status, body } = await get(first.httpPort, "/health");
    expect([status, JSON.parse(body).status]).toEqual([200, "degraded"]);
    await fault(data, "Limper", { kind: "faulty", status: "error", message: "no gpu" });
    expect(await askByZeroMq(first)).toMatchObject({ status: "error", message: "no gpu" });
  });

  it("answers for its health 300 ms late by ZeroMQ and by HTTP, its service and metrics at once, until it is healed", async () => {
    const { data, first } = await host(["Snail", "zmq"]);
    await fault(data, "Snail", { kind: "slow", ms: 300 });
    expect(await tookMs(askByZeroMq(first))).toBeGreaterThanOrEqual(299);
    expect(await tookMs(get(first.httpPort, "/health"))).toBeGreaterThanOrEqual(299);
    expect(await tookMs(get(first.port, "/"))).toBeLessThan(299);
    const { body } = await get(first.httpPort, "/metrics");
    expect(body).toContain('agent_request_duration_seconds_bucket{le="+Inf"} 3');
    expect(body).toContain('agent_request_duration_seconds_bucket{le="0.1"} 1');
    await fault(data, "Snail", { kind: "none" });
    expect(await tookMs(askByZeroMq(first))).toBeLessThan(299);
  });

  it("serves an error page with HTTP 200 for its metrics, and is well by its own word, until it is healed", async () => {
    const { data, first } = await host(["Fooler", "zmq"]);
    await fault(data, "Fooler", { kind: "error-page" });
    const { status, body } = await get(first.httpPort, "/metrics");
    expect([status, body.split("\n")[0]]).toEqual([200, "<!DOCTYPE html>"]);
    expect(await askByZeroMq(first)).toMatchObject({ status: "ok" });
    await fault(data, "Fooler", { kind: "none" });
    expect((await get(first.httpPort, "/metrics")).body).toMatch(/^agent_up_since_seconds \d+/m);
  });

  it("ends with code 0 on SIGTERM and takes its control socket with it", async () => {
    const { data, running, first } = await host(["Router", "zmq"]);
    const client = connect(first.port, "127.0.0.1");
    onTestFinished(() => void client.destroy());
    client.on("error", () => {});
    await once(client, "connect");
    running.child.kill("SIGTERM");
    expect((await running.ended).code).toBe(0);
    expect(existsSync(controlSocketPath(data, "mainpc", "agents"))).toBe(false);
  });
});

describe("an agent's pushes", () => {
  it("go to the home hub as PUT of the group job and machine", async () => {
    const data = dataFolder();
    const [home, peer] = [await rememberingHub(), await rememberingHub()];
    const agents = await someAgents(["Router", "zmq"], ["Cache", "zmq"]);
    startProcess("host.ts", writeConfig(data, "agents", { agents, hubs: [home.url, peer.url] }));
    await until("4 pushes", () => home.pushes.length >= 4);
    expect(new Set(home.pushes)).toEqual(
      new Set(["PUT /metrics/job/Router/machine/mainpc", "PUT /metrics/job/Cache/machine/mainpc"]),
    );
    expect(home.bodies[0]).toContain("agent_request_duration_seconds_bucket");
    expect(peer.pushes).toEqual([]);
  });

  it("go to the peer's hub while the home hub refuses them, and stop while the agent hangs", async () => {
    const data = dataFolder();
    const peer = await rememberingHub();
    const [nobody] = await freePorts(1);
    const agents = await someAgents(["Router", "zmq"]);
    const hubs = [`http://127.0.0.1:${nobody}`, peer.url];
    const running = startProcess("host.ts", writeConfig(data, "agents", { agents, hubs }));
    await running.ready;
    await until("2 pushes", () => peer.pushes.length >= 2);
    await fault(data, "Router", { kind: "hung" });
    const listed = await askControl(controlSocketPath(data, "mainpc", "agents"), { command: "list" });
    const sent = peer.pushes.length;
    await new Promise((resolve) => setTimeout(resolve, 350));
    // One may have been on its way when the agent was hung.
    expect(peer.pushes.length - sent).toBeLessThanOrEqual(1);
    expect(listed).toMatchObject({ answer: { agents: [{ pushes: { failed: 0 } }] } });
    running.child.kill("SIGTERM");
    expect((await running.ended).stderr).toContain('"event":"pushes-go"');
  });
});

describe("a process of agents that cannot start", () => {
  it("names the agent and the port that is in use, and ends with code 2", async () => {
    const agents = await someAgents(["Router", "zmq"], ["Cache", "zmq"]);
    const taken = agents[1]?.healthPort ?? 0;
    const thief = createServer().listen(taken, "127.0.0.1");
    onTestFinished(() => void thief.close());
    await once(thief, "listening");
    const { code, stdout, stderr } = await startProcess("host.ts", writeConfig(dataFolder(), "agents", { agents }))
      .ended;
    expect(stderr).toContain(
      `Cache on mainpc cannot open its health port 127.0.0.1:${taken}: the port is in use\n  → `,
    );
    expect([code, stdout]).toEqual([2, ""]);
  });

  it("names the process that runs already for the same data folder", async () => {
    const { data, agents, ready } = await host(["Router", "zmq"]);
    const { code, stderr } = await startProcess("host.ts", writeConfig(data, "agents", { agents })).ended;
    expect(code).toBe(2);
    expect(stderr).toContain(`process ${ready.pid} already takes commands at `);
  });

  it("replaces the control socket that a killed process left behind", async () => {
    const { data, agents, running } = await host(["Router", "zmq"]);
    running.child.kill("SIGKILL");
    await running.ended;
    expect(existsSync(controlSocketPath(data, "mainpc", "agents"))).toBe(true);
    const again = await startProcess("host.ts", writeConfig(data, "agents", { agents })).ready;
    expect(again.agents).toEqual(["Router"]);
  });

  it("names the keys that are wrong in its config, and the file", async () => {
    const agents = await someAgents(["Router", "zmq"]);
    const file = writeConfig(dataFolder(), "agents", {
      agents,
      controlSocket: `/tmp/${"x".repeat(120)}`,
      pushIntervalMs: 1,
    });
    const { code, stderr } = await startProcess("host.ts", file).ended;
    expect(code).toBe(2);
    expect(stderr).toContain(file);
    expect(stderr).toMatch(/controlSocket: longer than the 10[37] bytes that the path of a unix socket may have/);
    expect(stderr).toContain("pushIntervalMs: ");
  });

  it("as a pilot refuses 2 agents", async () => {
    const agents = await someAgents(["Router", "zmq"], ["Cache", "zmq"]);
    const { code, stderr } = await startProcess("pilot.ts", writeConfig(dataFolder(), "pilot-Router", { agents }))
      .ended;
    expect(code).toBe(2);
    expect(stderr).toContain("names 2 agents, and a pilot is one");
  });
});
