import { describe, expect, it } from "vitest";
import { requireFleet } from "../../../fleet/load.ts";
import type { FleetView } from "../../../hub/http/api.ts";
import { OperatorError } from "../../../ops/error.ts";
import { differencesOf, requireSameFleet } from "../../../ops/migrate/inventory-match.ts";

const fleet = requireFleet();
const site = { fleet, portsOf: (agent: (typeof fleet.agents)[number]) => agent, name: "the local run" };
/** What hubs of this very inventory say of it. */
const view = (change: (agents: FleetView["agents"]) => FleetView["agents"] = (agents) => agents): FleetView => {
  const agents = fleet.agents.map((agent) => {
    const port = agent.health.kind === "http" ? agent.httpPort : agent.healthPort;
    return {
      name: agent.name,
      machine: agent.machine,
      probe: { kind: agent.health.kind, address: `127.0.0.1:${port}` },
    };
  });
  return { agents: change(agents as FleetView["agents"]) } as FleetView; // all that is read of it
};

describe("an inventory held against the hubs'", () => {
  it("is the same for the 77 agents of this repository", () => {
    expect(differencesOf(site, view())).toEqual([]);
    expect(() => requireSameFleet(site, view())).not.toThrow();
  });

  it("is refused with the agents that one of them lacks, before anything is moved", () => {
    const other = view((agents) => agents.filter(({ name }) => name !== "TutorAgent"));
    expect(differencesOf(site, other)).toEqual(["no hub knows pc2/TutorAgent"]);
    const fewer = { ...site, fleet: { ...fleet, agents: fleet.agents.filter(({ name }) => name !== "TutorAgent") } };
    expect(differencesOf(fewer, view())).toEqual(["the hubs have pc2/TutorAgent, too"]);
    expect(() => requireSameFleet(site, other)).toThrow(OperatorError);
  });

  it("is refused when an agent is asked at another port, or in another way", () => {
    const moved = view((agents) =>
      agents.map((one) =>
        one.name === "TutorAgent" ? { ...one, probe: { kind: "tcp", address: "127.0.0.1:1" } } : one,
      ),
    );
    expect(differencesOf(site, moved)).toEqual(["asked otherwise: pc2/TutorAgent (zmq at 8108 here, tcp at 1 there)"]);
  });
});
