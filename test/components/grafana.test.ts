import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { Grafana, type GrafanaArgs } from "../../components/grafana.ts";
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
      { type: "bind", source: "/etc/tandem/grafana", target: "/etc/grafana", readOnly: true },
      { type: "bind", source: "/etc/tandem/secrets/grafana", target: "/run/secrets", readOnly: true },
      { type: "bind", source: "/var/lib/tandem/grafana", target: "/var/lib/grafana" },
    ]);
  });

  it("has its directories where the image's environment, which overrules grafana.ini, says that they are", async () => {
    const { recorded } = await made();
    const ini = String(named(recorded, "g-ini-write").inputs.stdin);
    for (const [key, value] of Object.entries(imagePaths)) expect(ini).toContain(`\n${key} = ${value}\n`);
    const { mounts } = named(recorded, "g-container").inputs as { mounts: { target: string }[] };
    const mounted = mounts.map(({ target }) => target);
    for (const value of Object.values(imagePaths))
      expect(mounted.some((target) => value === target || value.startsWith(`${target}/`))).toBe(true);
  });

  it("is replaced when what it reads at its start changes, and not for a dashboard", async () => {
    const label = async (more: object) => {
      const { recorded } = await made(more);
      const { labels } = named(recorded, "g-container").inputs as { labels: { label: string; value: string }[] };
      return labels.find(({ label }) => label === "tandem.config")?.value;
    };
    const before = await label({});
    expect(before?.split("-")).toHaveLength(3);
    expect(await label({ runbooks: "https://git.example/tandem/" })).toBe(before);
    expect(await label({ prometheusUrl: "http://192.0.2.20:9090" })).not.toBe(before);
  });

  it("draws from one Prometheus, which nobody edits", async () => {
    const { recorded } = await made();
    const path = "/etc/tandem/grafana/provisioning/datasources/prometheus.yaml";
    expect(String(named(recorded, "g-datasource-write").inputs.create)).toContain(path);
    expect(parse(renderDatasource("http://192.0.2.10:9090"))).toMatchObject({
      datasources: [
        {
          type: "prometheus",
          url: "http://192.0.2.10:9090",
          isDefault: true,
          editable: false,
          jsonData: { timeInterval: "15s" },
        },
      ],
    });
  });

  it("finds its three dashboards in a folder that it sees, each in a file of its uid", async () => {
    const { recorded } = await made();
    const { create, stdin } = named(recorded, "g-dashboards-write").inputs;
    expect(String(create)).toContain("/etc/tandem/grafana/provisioning/dashboards/tandem.yaml");
    expect(String(stdin)).toContain("path: /etc/grafana/dashboards");
    for (const uid of ["tandem-pair", "tandem-fleet", "tandem-hubs"]) {
      const written = named(recorded, `g-dashboard-${uid}-write`).inputs;
      expect(String(written.create)).toContain(`/etc/tandem/grafana/dashboards/${uid}.json`);
      expect(String(written.stdin)).toContain(`"uid": "${uid}"`);
    }
  });
});

/** GF_PATHS_… of the image that the stacks name by default, but for its log, which goes to the console. */
const imagePaths = {
  data: "/var/lib/grafana",
  plugins: "/var/lib/grafana/plugins",
  provisioning: "/etc/grafana/provisioning",
};

async function made(more: Partial<GrafanaArgs> = {}) {
  const recorded = await recordResources("mainpc");
  const grafana = new Grafana("g", {
    machine: "mainpc",
    reach,
    image: "grafana/grafana:12.1.1",
    address: "192.0.2.10",
    prometheusUrl: "http://192.0.2.10:9090",
    adminPassword: pulumi.secret("pw-0123"),
    ...more,
  });
  const names = await settled(grafana);
  return { recorded, names, url: await promised(grafana.url) };
}
