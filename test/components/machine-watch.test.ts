import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { Machine } from "../../components/machine.ts";
import { sitePorts } from "../../components/reserved-ports.ts";
import { readGrafanaPassword } from "../../components/site-secrets.ts";
import { parseStackConfig } from "../../components/stack-config.ts";
import { fleetDir, requireFleet } from "../../fleet/load.ts";
import { named, promised, recordResources, settled, stackValues } from "./recorder.ts";
import { sampleBundles } from "./sample-bundles.ts";

const siteWith = (more: Record<string, unknown>) => parseStackConfig({ ...stackValues("pc2"), ...more }, "pc2");
const both = { prometheus: { enabled: true }, grafana: { enabled: true } };

describe("a Machine's Prometheus and Grafana", () => {
  it("are not there by default, and there when the stack asks, both hubs first to last from this side", async () => {
    const none = await made({});
    expect(none.recorded.filter(({ type }) => /Prometheus|Grafana/.test(type))).toEqual([]);
    const { recorded, names, machine } = await made(both);
    expect(names.toSorted()).toEqual(recorded.map(({ name }) => name).toSorted());
    const conf = String(named(recorded, "box-prometheus-conf-write").inputs.stdin);
    expect(conf.match(/\d+\.\d+\.\d+\.\d+:\d+/g)).toEqual([
      "192.0.2.20:9100",
      "192.0.2.10:9000",
      "192.0.2.20:9091",
      "192.0.2.10:9091",
    ]);
    expect(String(named(recorded, "box-grafana-datasource-write").inputs.stdin)).toContain("http://192.0.2.20:9090");
    const urls = [machine.prometheusUrl, machine.grafanaUrl].map((url) => url && promised(url));
    expect(await Promise.all(urls)).toEqual(["http://192.0.2.20:9090", "http://192.0.2.20:3000"]);
  });

  it("take ports that the fleet's check knows by their keys, and no two of one machine the same", () => {
    const moved = { prometheus: { enabled: true, port: 7113 }, grafana: { enabled: true } };
    expect(() => requireFleet(fleetDir, sitePorts(siteWith(both)))).not.toThrow();
    expect(() => requireFleet(fleetDir, sitePorts(siteWith(moved)))).toThrow(
      /port 7113 on pc2: ResourceManager is also Prometheus \(the stack's prometheus\.port\)/,
    );
    expect(() => siteWith({ ...both, grafana: { enabled: true, port: 9090 } })).toThrow(
      "expected a free port; 9090 is already prometheus.port",
    );
    expect(() => siteWith({ prometheus: { enabled: true, port: 9100 } })).toThrow("9100 is already prometheus.port");
  });

  it("Grafana without a Prometheus, without a password, or with a plain one is refused", async () => {
    expect(() => siteWith({ grafana: { enabled: true } })).toThrow("expected true, since grafana.enabled is");
    const site = siteWith(both);
    await recordResources("pc2");
    expect(() => readGrafanaPassword(site)).toThrow("tandem:grafanaPassword in Pulumi.pc2.yaml: it is missing");
    await recordResources("pc2", { grafanaPassword: "pw-0123" });
    expect(() => readGrafanaPassword(site)).toThrow(/it stands there in plain text(?!.*pw-0123)/);
    await recordResources("pc2", { grafanaPassword: "pw-0123" }, ["grafanaPassword"]);
    const password = readGrafanaPassword(site) ?? pulumi.output("");
    expect([await pulumi.isSecret(password), await promised(password)]).toEqual([true, "pw-0123"]);
  });
});

async function made(more: Record<string, unknown>) {
  const recorded = await recordResources("pc2");
  const machine = new Machine("box", {
    site: siteWith(more),
    fleet: { inventories: [], batches: [], agents: [] },
    bundles: sampleBundles(),
    grafanaPassword: pulumi.secret("pw-0123"),
  });
  return { recorded, machine, names: await settled(machine) };
}
