import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { Grafana } from "../../components/grafana.ts";
import { renderDatasource } from "../../components/grafana-conf.ts";
import type { Reach } from "../../components/reach.ts";
import { named, promised, recordResources, settled } from "./recorder.ts";

const reach: Reach = { kind: "local", socket: "unix:///var/run/docker.sock" };

describe("a Grafana", () => {
  it("lets nobody in without a password, asks nobody for updates, and listens on one address", async () => {
    const { recorded, names, url } = await made();
    expect(names.toSorted()).toEqual(recorded.map(({ name }) => name).toSorted());
    const ini = String(named(recorded, "g-ini-write").inputs.stdin);
    expect(ini).toContain("[auth.anonymous]\nenabled = false");
    expect(ini).toContain("allow_sign_up = false");
    expect(ini).toContain("check_for_updates = false");
    expect(ini).toContain("http_addr = 192.0.2.10\nhttp_port = 3000");
    expect(url).toBe("http://192.0.2.10:3000");
  });

  it("reads the password from a file of its own user, and has it nowhere else, its environment included", async () => {
    const { recorded } = await made();
    const file = named(recorded, "g-password-write");
    expect(file.secrets).toContain("stdin");
    expect(String(file.inputs.stdin)).toContain("pw-0123");
    expect(JSON.stringify(recorded.filter(({ name }) => name !== file.name))).not.toContain("pw-0123");
    expect(String(named(recorded, "g-ini-write").inputs.stdin)).toContain(
      "admin_password = $__file{/run/secrets/admin-password}",
    );
    const { inputs } = named(recorded, "g-container");
    expect(inputs.envs).toBeUndefined();
    expect(inputs.mounts).toEqual([
      { type: "bind", source: "/etc/tandem/grafana", target: "/etc/tandem/grafana", readOnly: true },
      { type: "bind", source: "/etc/tandem/secrets/grafana", target: "/run/secrets", readOnly: true },
      { type: "bind", source: "/var/lib/tandem/grafana", target: "/data" },
    ]);
  });

  it("draws from one Prometheus, which nobody edits", async () => {
    const { recorded } = await made();
    const path = "/etc/tandem/grafana/provisioning/datasources/prometheus.yaml";
    expect(String(named(recorded, "g-datasource-write").inputs.create)).toContain(path);
    expect(parse(renderDatasource("http://192.0.2.10:9090"))).toMatchObject({
      datasources: [{ type: "prometheus", url: "http://192.0.2.10:9090", isDefault: true, editable: false }],
    });
  });

  it("finds its three dashboards in a folder that it sees, each in a file of its uid", async () => {
    const { recorded } = await made();
    const { create, stdin } = named(recorded, "g-dashboards-write").inputs;
    expect(String(create)).toContain("/etc/tandem/grafana/provisioning/dashboards/tandem.yaml");
    expect(String(stdin)).toContain("path: /etc/tandem/grafana/dashboards");
    for (const uid of ["tandem-pair", "tandem-fleet", "tandem-hubs"]) {
      const written = named(recorded, `g-dashboard-${uid}-write`).inputs;
      expect(String(written.create)).toContain(`/etc/tandem/grafana/dashboards/${uid}.json`);
      expect(String(written.stdin)).toContain(`"uid": "${uid}"`);
    }
  });
});

async function made() {
  const recorded = await recordResources("mainpc");
  const grafana = new Grafana("g", {
    machine: "mainpc",
    reach,
    image: "grafana/grafana:12.1.1",
    address: "192.0.2.10",
    prometheusUrl: "http://192.0.2.10:9090",
    adminPassword: pulumi.secret("pw-0123"),
  });
  const names = await settled(grafana);
  return { recorded, names, url: await promised(grafana.url) };
}
