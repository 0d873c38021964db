import { describe, expect, it, onTestFinished } from "vitest";
import type { AgentConfig } from "../../../../hub/config.ts";
import type { ProbeAnswer } from "../../../../hub/core/agent-health.ts";
import { Prober } from "../../../../hub/io/probe/prober.ts";
import { until } from "../../../support/until.ts";
import { httpServer, sleep, tcpServer } from "./servers.ts";

/** Far beyond any test: what is seen sooner was not seen by waiting for it. */
const never = 3_600_000;

interface Seen {
  agent: string;
  answer: ProbeAnswer["type"];
}

function agent(name: string, port: number, overrides: Partial<AgentConfig> = {}): AgentConfig {
  return {
    name,
    machine: "mainpc",
    group: "test",
    isHub: false,
    probe: { kind: "http", host: "127.0.0.1", port, path: "/health" },
    intervalMs: never,
    deadlineMs: 5_000,
    needs: [],
    ...overrides,
  };
}

function watch(agents: AgentConfig[], maxInFlight?: number): { prober: Prober; seen: Seen[] } {
  const seen: Seen[] = [];
  const prober = new Prober({
    agents,
    observe: ({ name }, { type }) => seen.push({ agent: name, answer: type }),
    clock: () => performance.now(),
    random: () => 0,
    ...(maxInFlight === undefined ? {} : { maxInFlight }),
  });
  onTestFinished(() => prober.stop());
  return { prober, seen };
}

describe("the prober", () => {
  it("probes the agents of watched machines only", async () => {
    const server = await httpServer((_, response) => response.end("ok"));
    const { prober, seen } = watch([
      agent("Here", server.port, { intervalMs: 50 }),
      agent("There", server.port, { machine: "pc2", intervalMs: 50 }),
    ]);
    prober.watch("mainpc");
    await until("3 probes", () => seen.length >= 3);
    expect(new Set(seen.map((one) => one.agent))).toEqual(new Set(["Here"]));
    prober.watch("pc2");
    await until("a probe of the other machine's agent", () => seen.some((one) => one.agent === "There"));
  });

  it("watches a machine once, however often it is told to", async () => {
    const server = await httpServer((_, response) => response.end("ok"));
    const { prober, seen } = watch([agent("Here", server.port)]);
    prober.watch("mainpc");
    prober.watch("mainpc");
    await until("1 probe", () => seen.length === 1);
    await sleep(50);
    expect(seen).toHaveLength(1);
  });

  it("asks one first that was to hurry before its machine was watched", async () => {
    const server = await httpServer((_, response) => response.end("ok"));
    const { prober, seen } = watch([agent("First", server.port), agent("Hurried", server.port)]);
    prober.hurry("mainpc/Hurried");
    prober.watch("mainpc");
    await until("2 probes", () => seen.length === 2);
    expect(seen.map((one) => one.agent)).toEqual(["Hurried", "First"]);
  });

  it("lets one that is to hurry pass those that wait for a silent one", async () => {
    const silent = await tcpServer(() => {});
    const server = await httpServer((_, response) => response.end("ok"));
    const { prober, seen } = watch([agent("Silent", silent.port), agent("Hurried", server.port)], 1);
    prober.watch("mainpc");
    await sleep(50);
    prober.hurry("mainpc/Hurried");
    await until("1 probe", () => seen.length === 1);
    expect(seen.map((one) => one.agent)).toEqual(["Hurried"]);
  });

  it("sees a crash by the closed connection, an hour before the next probe is due", async () => {
    const server = await httpServer((_, response) => response.end("ok"));
    const { prober, seen } = watch([agent("Crasher", server.port)]);
    prober.watch("mainpc");
    await until("1 probe", () => seen.length === 1);
    await server.kill();
    await until("2 probes", () => seen.length === 2);
    expect(seen.map((one) => one.answer)).toEqual(["answered", "refused"]);
  });

  it("asks a silent agent again soon, so that 2 silences in a row need no 2 intervals", async () => {
    const server = await tcpServer(() => {});
    const { prober, seen } = watch([agent("Hanger", server.port, { deadlineMs: 30 })]);
    prober.watch("mainpc");
    await until("2 probes", () => seen.length === 2);
    expect(seen.map((one) => one.answer)).toEqual(["timeout", "timeout"]);
  });

  it("is not chased by a server that hangs up after every answer: 2 probes, then the interval", async () => {
    const server = await httpServer((request, response) => {
      response.end("ok", () => setTimeout(() => request.socket.destroy(), 5));
    });
    const { prober, seen } = watch([agent("Closer", server.port)]);
    prober.watch("mainpc");
    await until("2 probes", () => seen.length === 2);
    await sleep(100);
    expect(seen).toHaveLength(2);
  });

  it("has 2 probes under way at most when told so, and never 2 of one agent", async () => {
    const underWay = new Map<string, number>();
    let most = 0;
    let mostOfOne = 0;
    const server = await httpServer((request, response) => {
      const who = request.url ?? "";
      underWay.set(who, (underWay.get(who) ?? 0) + 1);
      most = Math.max(
        most,
        [...underWay.values()].reduce((sum, count) => sum + count),
      );
      mostOfOne = Math.max(mostOfOne, underWay.get(who) ?? 0);
      setTimeout(() => {
        underWay.set(who, (underWay.get(who) ?? 0) - 1);
        response.end("ok");
      }, 10);
    });
    const agents = ["/a", "/b", "/c", "/d", "/e", "/f"].map((path) =>
      agent(path, server.port, { intervalMs: 50, probe: { kind: "http", host: "127.0.0.1", port: server.port, path } }),
    );
    const { prober, seen } = watch(agents, 2);
    prober.watch("mainpc");
    await until("3 probes of each agent", () =>
      agents.every(({ name }) => seen.filter((one) => one.agent === name).length >= 3),
    );
    expect(most).toBe(2);
    expect(mostOfOne).toBe(1);
  });

  it("says nothing of a machine that is no longer watched, even of a probe under way, and lets go of its sockets", async () => {
    const server = await tcpServer((socket) => socket.resume());
    const { prober, seen } = watch([agent("Hanger", server.port)]);
    prober.watch("mainpc");
    await until("the first connection", () => server.sockets.size === 1);
    prober.unwatch("mainpc");
    await until("the last connection to end", () => server.sockets.size === 0);
    await prober.stop();
    expect(seen).toEqual([]);
    expect(server.connections).toBe(1);
  });

  it("can watch a machine again after it left it", async () => {
    const server = await httpServer((_, response) => response.end("ok"));
    const { prober, seen } = watch([agent("Here", server.port)]);
    prober.watch("mainpc");
    await until("1 probe", () => seen.length === 1);
    prober.unwatch("mainpc");
    prober.watch("mainpc");
    await until("2 probes", () => seen.length === 2);
  });
});
