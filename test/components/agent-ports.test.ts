import { describe, expect, it } from "vitest";
import { agentPorts } from "../../components/agent-ports.ts";
import { Site } from "../../components/site.ts";
import type { Fleet, PlacedAgent } from "../../fleet/model.ts";
import { sampleAgent, standby } from "./sample-agent.ts";

const site = Site.parse({
  machine: { name: "mainpc", address: "192.0.2.10" },
  peer: { name: "pc2", address: "192.0.2.20" },
  docker: { socket: "unix:///var/run/docker.sock" },
});
const fleetOf = (...agents: PlacedAgent[]): Fleet => ({ inventories: [], agents, batches: [] });
const ports = (agent: PlacedAgent) => agentPorts(site, fleetOf(agent)).map(({ port }) => port);

describe("the ports that a first look asks for", () => {
  it("are an agent's own at home, named by its entry of the inventory", () => {
    const agent = sampleAgent("Tutor", "mainpc");
    expect(ports(agent)).toEqual([6_000, 7_000, 8_000]);
    expect(agentPorts(site, fleetOf(agent))[0]).toMatchObject({ agent: "Tutor in fleet/mainpc.yaml" });
  });

  it("are a warm standby's, and none of a cold one, which is stopped", () => {
    const away = (mode: "warm" | "cold") => sampleAgent("Tutor", "pc2", { mode, standby });
    expect(ports(away("warm"))).toEqual([12_000, 12_001, 12_002]);
    expect(ports(away("cold"))).toEqual([]);
  });

  it("are the route of a service on either machine, which the router has", () => {
    for (const machine of ["mainpc", "pc2"]) {
      const agent = sampleAgent("Tutor", machine, { mode: "cold", standby, route: 13_000 });
      const wanted = agentPorts(site, fleetOf(agent)).filter(({ port }) => port === 13_000);
      expect(wanted).toMatchObject([{ container: "tandem-mainpc-router", agent: `Tutor in fleet/${machine}.yaml` }]);
    }
  });

  it("are none of an agent without a container, which somebody else starts", () => {
    const { container: _container, ...bare } = sampleAgent("Tutor", "mainpc");
    expect(ports(bare)).toEqual([]);
  });
});
