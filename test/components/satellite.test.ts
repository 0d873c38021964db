import { describe, expect, it } from "vitest";
import { sitePorts } from "../../components/reserved-ports.ts";
import { Satellite } from "../../components/satellite.ts";
import { SatelliteSite } from "../../components/satellite-site.ts";
import { type Fleet, Inventory, type PlacedAgent } from "../../fleet/model.ts";
import { named, recordResources, settled } from "./recorder.ts";
import { sampleAgent, standby } from "./sample-agent.ts";
import { satelliteValues } from "./satellite-stack.ts";

const inventory = (machine: string, watchedBy?: string) =>
  Inventory.parse({
    machine,
    watchedBy,
    gpu: "none",
    failover: "optional",
    capacity: { memoryMb: 1, vramMb: 0 },
    agents: [],
  });
const fleetOf = (agents: PlacedAgent[], watchedBy: string | undefined = "pc2"): Fleet => ({
  inventories: [inventory("mainpc"), inventory("pc2"), inventory("nas", watchedBy)],
  batches: [],
  agents,
});

async function made(agents: PlacedAgent[], more: Record<string, unknown> = {}, fleet = fleetOf(agents)) {
  const recorded = await recordResources("nas", { agentSecrets: { KEY: "k-0123" } }, ["agentSecrets"]);
  const site = SatelliteSite.parse(satelliteValues(more));
  const satellite = new Satellite("nas", { site, fleet, agentSecrets: { KEY: "k-0123" }, grafanaPassword: "p-0123" });
  return { recorded, names: await settled(satellite), satellite };
}

describe("a Satellite", () => {
  it("makes its agents' containers and nothing of hub, NATS and Pushgateway, nor the pair's agents and standbys", async () => {
    const { recorded, names, satellite } = await made([
      sampleAgent("Archive", "nas"),
      sampleAgent("Byhand", "nas", { container: undefined }),
      sampleAgent("Tutor", "pc2"),
      sampleAgent("Twin", "mainpc", { mode: "warm", standby }),
    ]);
    expect(names.toSorted()).toEqual(recorded.map(({ name }) => name).toSorted());
    expect(recorded.map(({ type, name }) => `${type.split(":").at(-1)} ${name}`).sort()).toEqual([
      "Agent nas-agent-Archive",
      "Command nas-agent-Archive-hubs-make",
      "Command nas-agent-Archive-logs-make",
      "Container nas-agent-Archive-container",
      "DataDirectory nas-agent-Archive-hubs",
      "DataDirectory nas-agent-Archive-logs",
      "RemoteImage nas-agent-Archive-image",
      "Satellite nas",
      "docker nas-docker",
    ]);
    expect(named(recorded, "nas-agent-Archive-container").inputs.labels).toContainEqual({
      label: "tandem.machine",
      value: "nas",
    });
    expect(String(named(recorded, "nas-docker").inputs.host)).toContain("192.0.2.30");
    expect(satellite.hubUrls).toEqual(["http://192.0.2.20:9100", "http://192.0.2.10:9000"]);
  });

  it("gives an agent its secret as a file and the models, and looks after the logs, telling the home hub", async () => {
    const { recorded } = await made([sampleAgent("Archive", "nas", {}, { secrets: ["KEY"], models: true })], {
      models: { directory: "/srv/models" },
      logs: { directories: ["/srv/logs"] },
    });
    const types = recorded.map(({ type }) => type.split(":").at(-1));
    expect(types).toEqual(expect.arrayContaining(["SecretFile", "ModelDirectory", "LogRotation"]));
    expect(String(named(recorded, "nas-logs-care-write").inputs.stdin)).toContain("http://192.0.2.20:9100");
  });

  it("puts there a Prometheus that scrapes both hubs and a Grafana that reads it, where they are asked for", async () => {
    const { recorded, satellite } = await made([], { prometheus: { enabled: true }, grafana: { enabled: true } });
    const conf = String(named(recorded, "nas-prometheus-conf-write").inputs.stdin);
    for (const hub of ["192.0.2.10:9000", "192.0.2.20:9100"]) expect(conf).toContain(hub);
    expect(named(recorded, "nas-prometheus-container").inputs.name).toBe("tandem-nas-prometheus");
    expect(named(recorded, "nas-grafana-container").inputs.name).toBe("tandem-nas-grafana");
    expect(satellite.prometheusUrl).toBeDefined();
  });

  it("is refused where inventory and stack do not mean the same machine and pair", async () => {
    const none = { ...fleetOf([]), inventories: [inventory("mainpc"), inventory("pc2")] };
    await expect(made([], {}, none)).rejects.toThrow("but fleet/nas.yaml is not there or has no watchedBy");
    await expect(made([], {}, fleetOf([], "box"))).rejects.toThrow(
      "nas is watched by box, but its stack knows the hubs of mainpc and pc2",
    );
  });

  it("has its agents held against Prometheus' port there, and the pair's against the hubs' ports", () => {
    const site = SatelliteSite.parse(satelliteValues({ prometheus: { enabled: true } }));
    expect(sitePorts(site)).toEqual([
      { machine: "mainpc", what: "hub", port: 9000, key: "hubs[0].hubPort" },
      { machine: "pc2", what: "hub", port: 9100, key: "hubs[1].hubPort" },
      { machine: "nas", what: "prometheus", port: 9090, key: "prometheus.port" },
    ]);
  });
});
