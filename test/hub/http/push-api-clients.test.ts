/** The clients that people have push to the hub as to any Pushgateway. */
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Counter, Gauge, Histogram, Pushgateway, Registry, Summary } from "prom-client";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type PushServer, startPushServer } from "./push-api-server.ts";

let hub: PushServer;
beforeEach(async () => {
  hub = await startPushServer();
});
afterEach(() => hub.close());

const shown = async () => (await fetch(`${hub.url}/metrics`)).text();

describe("prom-client", () => {
  it.each([{}, { headers: { "Content-Encoding": "gzip" } }])(
    "pushes, adds and deletes, with options %j",
    async (options) => {
      const registry = new Registry();
      const registers = [registry];
      new Counter({ name: "runs_total", help: "Runs.", registers }).inc(3);
      const gauge = new Gauge({ name: "size_bytes", help: 'A "size".', labelNames: ["path"], registers });
      gauge.set({ path: 'C:\\a "b"' }, 1e6);
      new Histogram({ name: "took_seconds", help: "Time.", buckets: [0.1, 1], registers }).observe(0.5);
      new Summary({ name: "wait_seconds", help: "Wait.", percentiles: [0.5], registers }).observe(2);
      const client = new Pushgateway(hub.url, options, registry);
      const target = { jobName: "night ly", groupings: { zone: "a b" } };

      await client.push(target);
      const text = await shown();
      expect(text).toContain('# TYPE runs_total counter\nruns_total{instance="",job="night ly",zone="a b"} 3\n');
      expect(text).toContain('size_bytes{instance="",job="night ly",path="C:\\\\a \\"b\\"",zone="a b"} 1e+06\n');
      expect(text).toContain('took_seconds_bucket{instance="",job="night ly",zone="a b",le="1"} 1\n');
      expect(text).toContain('wait_seconds{instance="",job="night ly",zone="a b",quantile="0.5"} 2\n');

      registry.removeSingleMetric("runs_total");
      gauge.set({ path: 'C:\\a "b"' }, 5);
      await client.pushAdd(target);
      expect(await shown()).toContain("runs_total");
      await client.push(target);
      expect(await shown()).not.toContain("runs_total");
      await client.delete(target);
      expect(await shown()).toBe("");
    },
  );
});

describe("Python's prometheus_client", () => {
  let folder = "";
  let missing = "";

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "tandem-python-"));
    try {
      execFileSync("python3", ["-m", "venv", folder], { stdio: "pipe", timeout: 60_000 });
      const install = ["-m", "pip", "install", "--quiet", "prometheus_client"];
      execFileSync(join(folder, "bin/python"), install, { stdio: "pipe", timeout: 60_000 });
    } catch (error) {
      missing = String(error).split("\n", 1)[0] ?? "";
      console.log(`skipped: python3 with prometheus_client cannot be had on this machine (${missing})`);
    }
  }, 130_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("pushes, adds and deletes, also with values that need base64", async ({ skip }) => {
    skip(missing !== "", "no python3 with prometheus_client");
    const python = (code: string) => promisify(execFile)(join(folder, "bin/python"), ["-c", code], { timeout: 30_000 });
    const prelude = `
from prometheus_client import *
r = CollectorRegistry()
Counter("runs", "Runs.", registry=r).inc(3)
Histogram("took_seconds", "Time.", ["path"], buckets=[0.1, 1], registry=r).labels("/var").observe(0.5)
Summary("wait_seconds", "Wait.", registry=r).observe(2)
Info("build", "Build.", registry=r).info({"version": "1"})
key = {"instance": "nas/1", "zone": ""}
url = "${hub.url.replace("http://", "")}"
`;
    await python(`${prelude}push_to_gateway(url, job="a/b", grouping_key=key, registry=r)`);
    const text = await shown();
    expect(text).toContain('runs_total{instance="nas/1",job="a/b",zone=""} 3\n');
    expect(text).toContain('took_seconds_bucket{instance="nas/1",job="a/b",path="/var",zone="",le="1"} 1\n');
    expect(text).toContain('wait_seconds_sum{instance="nas/1",job="a/b",zone=""} 2\n');
    expect(text).toContain('build_info{instance="nas/1",job="a/b",version="1",zone=""} 1\n');

    const other = `${prelude}o = CollectorRegistry()\nGauge("left", "Left.", registry=o).set(4)\n`;
    await python(`${other}pushadd_to_gateway(url, job="a/b", grouping_key=key, registry=o)`);
    expect(await shown()).toMatch(/left\{.*runs_total\{/s);
    await python(`${other}delete_from_gateway(url, job="a/b", grouping_key=key)`);
    expect(await shown()).toBe("");
  });
});
