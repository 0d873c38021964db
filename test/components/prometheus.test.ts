import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { Prometheus } from "../../components/prometheus.ts";
import { renderPrometheusConf } from "../../components/prometheus-conf.ts";
import { renderPrometheusRules } from "../../components/prometheus-rules.ts";
import type { Reach } from "../../components/reach.ts";
import { ensureTool } from "../../ops/tools/ensure-tool.ts";
import { named, promised, recordResources, settled } from "./recorder.ts";

const hubs = [
  { machine: "mainpc", host: "192.0.2.10", port: 9000 },
  { machine: "pc2", host: "2001:db8::20", port: 9100 },
];
const pushgateways = hubs.map((hub) => ({ ...hub, port: 9091 }));
const conf = renderPrometheusConf({ hubs, pushgateways });
const reach: Reach = { kind: "local", socket: "unix:///var/run/docker.sock" };

describe("prometheus.yml", () => {
  it("scrapes both hubs and Pushgateways every 15 s, believes their labels, and tells their series apart", () => {
    expect(parse(conf)).toEqual({
      global: { scrape_interval: "15s", scrape_timeout: "10s", evaluation_interval: "15s" },
      rule_files: ["rules.yml"],
      scrape_configs: [
        {
          job_name: "hubs",
          honor_labels: true,
          metrics_path: "/metrics",
          static_configs: [
            { targets: ["192.0.2.10:9000"], labels: { tandem_replica: "mainpc/hub" } },
            { targets: ["[2001:db8::20]:9100"], labels: { tandem_replica: "pc2/hub" } },
          ],
        },
        {
          job_name: "pushgateways",
          honor_labels: true,
          metrics_path: "/metrics",
          static_configs: [
            { targets: ["192.0.2.10:9091"], labels: { tandem_replica: "mainpc/pushgateway" } },
            { targets: ["[2001:db8::20]:9091"], labels: { tandem_replica: "pc2/pushgateway" } },
          ],
        },
      ],
    });
  });

  it("gives a scrape no longer than the 5 s between two", () => {
    expect(parse(renderPrometheusConf({ hubs, intervalSeconds: 5 })).global).toEqual({
      scrape_interval: "5s",
      scrape_timeout: "5s",
      evaluation_interval: "5s",
    });
  });

  it("names no Pushgateway and no Alertmanager where there is none, and each that there is", () => {
    const bare = parse(renderPrometheusConf({ hubs }));
    expect([bare.scrape_configs.length, bare.alerting]).toEqual([1, undefined]);
    const told = parse(renderPrometheusConf({ hubs, alertmanagers: ["192.0.2.30:9093"] }));
    expect(told.alerting).toEqual({ alertmanagers: [{ static_configs: [{ targets: ["192.0.2.30:9093"] }] }] });
  });

  it("is accepted by promtool with the rules beside it", async () => {
    const promtool = await ensureTool("promtool", () => {});
    const folder = mkdtempSync(join(tmpdir(), "tandem-prometheus-"));
    try {
      writeFileSync(join(folder, "prometheus.yml"), conf);
      writeFileSync(join(folder, "rules.yml"), renderPrometheusRules({}));
      const said = execFileSync(promtool, ["check", "config", join(folder, "prometheus.yml")], { encoding: "utf8" });
      expect(said).toMatch(/prometheus\.yml is valid[\s\S]*SUCCESS: \d\d rules found/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("a Prometheus", () => {
  it("has its rules and configuration checked by promtool in its own image, without a network, before they take effect", async () => {
    const { recorded, names } = await made();
    expect(names.toSorted()).toEqual(recorded.map(({ name }) => name).toSorted());
    const script = String(named(recorded, "p-conf-write").inputs.create);
    const check = script.indexOf("--entrypoint promtool 'sha256:of-prom/prometheus:v3.5.0'");
    expect(script.slice(check)).toContain('check config "/etc/tandem/prometheus/$(basename "$new")"');
    expect(script).toContain("--network none --read-only --cap-drop ALL --user 10990:10990");
    expect(check).toBeLessThan(script.indexOf('mv -f -- "$new" "$file"'));
    const rules = named(recorded, "p-rules-write").inputs;
    expect(String(rules.create)).toContain('check rules "/etc/tandem/prometheus/$(basename "$new")"');
    expect(String(rules.stdin)).toContain("TandemWatchdog");
  });

  it("keeps 15 days and 4096 MB in a directory of its own, and is waited for", async () => {
    const { recorded, url } = await made();
    expect(named(recorded, "p-container").inputs).toMatchObject({
      name: "tandem-mainpc-prometheus",
      user: "10990:10990",
      entrypoints: ["prometheus"],
      command: [
        "--config.file=/etc/tandem/prometheus/prometheus.yml",
        "--storage.tsdb.path=/data",
        "--storage.tsdb.retention.time=15d",
        "--storage.tsdb.retention.size=4096MB",
        "--web.listen-address=192.0.2.10:9090",
      ],
      mounts: [
        { source: "/etc/tandem/prometheus", readOnly: true },
        { type: "bind", source: "/var/lib/tandem/prometheus", target: "/data" },
      ],
      healthcheck: { tests: ["CMD", "wget", "-q", "-O", "/dev/null", "http://192.0.2.10:9090/-/ready"] },
      wait: true,
    });
    expect(url).toBe("http://192.0.2.10:9090");
  });
});

async function made() {
  const recorded = await recordResources("mainpc");
  const args = { machine: "mainpc", reach, image: "prom/prometheus:v3.5.0", address: "192.0.2.10", hubs };
  const prometheus = new Prometheus("p", args);
  const names = await settled(prometheus);
  return { recorded, names, url: await promised(prometheus.url) };
}
