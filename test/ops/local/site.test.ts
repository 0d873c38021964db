import { afterAll, describe, expect, it } from "vitest";
import { loadFleet, requireFleet } from "../../../fleet/load.ts";
import { allMachineNames, planSite, requireLocalPair } from "../../../ops/local/site.ts";
import { nas, scratchFleet } from "../../fleet/fixture.ts";

const scratch = scratchFleet();
afterAll(() => scratch.remove());

describe("the local run of a fleet with a satellite", () => {
  it("has the pair's two machines with servers, and the satellite's agents on ports of this computer", () => {
    scratch.write({ nas, batches: "batches: []\n" });
    const fleet = requireLocalPair(requireFleet(scratch.dir));
    expect(allMachineNames(fleet)).toEqual(["mainpc", "pc2", "nas"]);
    const { machines, plan } = planSite(fleet, 0);
    expect(machines.map(({ name }) => name)).toEqual(["mainpc", "pc2"]);
    // mainpc has 5000, and pc2 15000.
    expect(["mainpc", "pc2", "nas"].map((machine) => plan.of(machine, 5000))).toEqual([5000, 15_000, 15_001]);
    const owners = Map.groupBy(plan.ports, ({ localPort }) => localPort);
    for (const claims of owners.values()) expect(new Set(claims.map(({ machine }) => machine)).size).toBe(1);
  });

  it("takes a pair named mainpc and pc2 alone, and says so of another one", () => {
    scratch.write({ nas, batches: "batches: []\n" });
    const { fleet } = loadFleet(scratch.dir);
    const renamed = fleet.inventories.map((one) => (one.machine === "pc2" ? { ...one, machine: "left" } : one));
    expect(() => requireLocalPair({ ...fleet, inventories: renamed })).toThrow(
      "the local run takes a pair named mainpc and pc2, but the fleet's is mainpc and left",
    );
  });
});
