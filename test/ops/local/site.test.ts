import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadFleet, requireFleet } from "../../../fleet/load.ts";
import { openDataFolder } from "../../../ops/local/data-folder.ts";
import { otherOffset } from "../../../ops/local/ports.ts";
import {
  allMachineNames,
  planSite,
  requireLocalPair,
  witnessName,
  writeAgentFiles,
  writeServerFiles,
  writeSupervisorFiles,
} from "../../../ops/local/site.ts";
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

describe("the local run of the shipped fleet", () => {
  it("with the offset that is advised stays below 32,768, from where on a connection may hold any port", () => {
    const { plan } = planSite(requireFleet(), otherOffset);
    expect(Math.max(...plan.ports.map(({ localPort }) => localPort))).toBeLessThan(32_768);
  });

  it("runs every warm standby, and gives each cold one to its machine's supervisor alone", async () => {
    const fleet = requireFleet();
    const dir = mkdtempSync(join(tmpdir(), "tandem-site-"));
    const data = await openDataFolder(dir, [...allMachineNames(fleet), witnessName], () => {});
    try {
      const site = planSite(fleet, 0);
      writeServerFiles(site, data);
      const agents = writeAgentFiles(site, data);
      writeSupervisorFiles(site, data, agents);
      const read = (...path: string[]) => JSON.parse(readFileSync(join(data.path, ...path), "utf8"));
      const standbys = fleet.agents.filter(({ standby }) => standby !== undefined);
      const cold = standbys.filter(({ mode }) => mode === "cold");
      expect(cold.length).toBeGreaterThan(0);
      const hosted = agents
        .filter(({ cold }) => cold === undefined)
        .flatMap(({ machine, name }) =>
          (read(machine, `${name}.json`).agents as { name: string; standbyOf?: string }[]).flatMap((agent) =>
            agent.standbyOf === undefined ? [] : `${agent.standbyOf}/${agent.name}`,
          ),
        );
      expect(hosted.sort()).toEqual(
        standbys
          .filter(({ mode }) => mode !== "cold")
          .map(({ id }) => id)
          .sort(),
      );
      for (const { machine, configPath } of agents) {
        const { hubsDirectory } = JSON.parse(readFileSync(configPath, "utf8"));
        expect(hubsDirectory).toBe(join(data.path, machine, "hubs"));
      }
      const supervised = ["mainpc", "pc2"].flatMap((machine) =>
        (read(machine, "supervisor.json").processes as { service: string }[]).map(({ service }) => service),
      );
      expect(supervised.sort()).toEqual(cold.map(({ name }) => name).sort());
      const hub = read("pc2", "hub.json");
      expect(hub.witness).toEqual({ host: "127.0.0.1", port: 4224 });
      expect(hub.supervisor.socket).toBe(read("pc2", "supervisor.json").socket);
    } finally {
      data.release();
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it("knows no witness when it is to run without one", () => {
    const { witness, plan } = planSite(requireFleet(), 0, false);
    expect(witness).toBeUndefined();
    expect(plan.ports.some(({ localPort }) => localPort === 4224)).toBe(false);
  });
});
