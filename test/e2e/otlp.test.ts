/** OpenTelemetry's SDK exports to a real pair: what it counts is shown everywhere, and what was acknowledged outlives the hub that took it. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { OTLPMetricExporter as JsonExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPMetricExporter as ProtobufExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider, type PushMetricExporter } from "@opentelemetry/sdk-metrics";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { Reader } from "../hub/core/otlp/sdk-bodies.ts";
import { BarePair } from "../support/bare-pair.ts";
import { fault } from "../support/fault.ts";
import { until } from "../support/until.ts";

const Exported = z.strictObject({ export: z.number(), hub: z.url().nullable() });

const example = join(import.meta.dirname, "../../docs/examples/otlp-pair.ts");
const folder = mkdtempSync(join(tmpdir(), "tandem-e2e-otlp-"));
let pair: BarePair;

beforeAll(async () => {
  pair = await BarePair.make(join(folder, "pair"));
  await pair.start();
});

afterAll(async () => {
  await pair?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** An SDK that exports when it is told to, as a process of that name would at its interval. */
function sdk(service: string, exporter: PushMetricExporter) {
  const reader = new Reader();
  const names = { "service.name": service, "service.instance.id": "test", "host.name": "here" };
  const provider = new MeterProvider({ resource: resourceFromAttributes(names), readers: [reader] });
  const send = async () => {
    const { resourceMetrics } = await reader.collect();
    const { code } = await new Promise<{ code: number }>((resolve) => exporter.export(resourceMetrics, resolve));
    return code === 0;
  };
  const end = async () => {
    await provider.shutdown();
    await exporter.shutdown();
  };
  return { meter: provider.getMeter("e2e", "1.0.0"), send, end };
}

const url = (hubUrl: string) => `${hubUrl}/v1/metrics`;
const textAt = async (where: string) => (await fetch(`${where}/metrics`)).text();
/** Of the series with that name in the group; NaN while it is not shown. */
async function valueAt(where: string, name: string, job: string): Promise<number> {
  const line = (await textAt(where))
    .split("\n")
    .find((each) => each.startsWith(`${name}{`) && each.includes(`job="${job}"`));
  return Number(line?.split(" ").at(-1) ?? Number.NaN);
}

it("counters, histograms, gauges and counters that go down are shown by both hubs and both Pushgateways, as protobuf and JSON", async () => {
  const { mainpc, pc2 } = pair.machines;
  const senders = [
    ["by-protobuf", new ProtobufExporter({ url: url(mainpc.hubUrl) })],
    ["by-json", new JsonExporter({ url: url(pc2.hubUrl) })],
  ] as const;
  for (const [service, exporter] of senders) {
    const { meter, send, end } = sdk(service, exporter);
    meter.createCounter("jobs.done", { unit: "{job}" }).add(3, { kind: "a" });
    meter.createUpDownCounter("queue.length").add(-2);
    meter.createGauge("heat", { unit: "Cel" }).record(41.5);
    const took = meter.createHistogram("job.duration", { unit: "s", advice: { explicitBucketBoundaries: [1, 5] } });
    for (const seconds of [0.5, 2, 9]) took.record(seconds);
    expect(await send()).toBe(true);
    const labels = `instance="test",job="${service}"`;
    const scope = 'otel_scope_name="e2e",otel_scope_version="1.0.0"';
    const lines = [
      `jobs_done_total{${labels},kind="a",${scope}} 3`,
      `queue_length{${labels},${scope}} -2`,
      `heat_celsius{${labels},${scope}} 41.5`,
      `job_duration_seconds_bucket{${labels},${scope},le="5"} 2`,
      `job_duration_seconds_bucket{${labels},${scope},le="+Inf"} 3`,
      `job_duration_seconds_sum{${labels},${scope}} 11.5`,
      `target_info{host_name="here",${labels}} 1`,
    ];
    for (const where of pair.both.flatMap(({ hubUrl, pushgatewayUrl }) => [hubUrl, pushgatewayUrl])) {
      await until(`all of ${service} at ${where}`, async () => {
        const shown = new Set((await textAt(where)).split("\n"));
        return lines.every((line) => shown.has(line));
      });
    }
    await end();
  }
  for (const { hubUrl } of pair.both) {
    const own = (await textAt(hubUrl)).split("\n");
    expect(own).toContain('tandem_otlp_requests_total{outcome="taken"} 1');
    expect(own).toContain("tandem_otlp_data_points_total 4");
  }
});

it("every export that a hub had acknowledged when it was killed is shown by the other one", async ({ task }) => {
  const { mainpc, pc2 } = pair.machines;
  const { meter, send, end } = sdk("killed", new ProtobufExporter({ url: url(mainpc.hubUrl), timeoutMillis: 8_000 }));
  const exports = meter.createCounter("exports");
  let acknowledged = 0;
  let killing: Promise<void> | undefined;
  for (let i = 1; ; i++) {
    exports.add(1);
    const sending = send();
    // While an export is on its way, some time after a few were taken.
    if (i === 25) killing = mainpc.parts.hub.kill();
    if (!(await sending)) break;
    acknowledged = i;
  }
  await killing;
  expect(acknowledged).toBeGreaterThanOrEqual(24);
  await until(`${acknowledged} exports at the peer`, async () => {
    const value = await valueAt(pc2.hubUrl, "exports_total", "killed");
    return value >= acknowledged;
  });
  await end();
  await mainpc.parts.hub.ready();
  await pair.inSync();
  const after = await valueAt(mainpc.hubUrl, "exports_total", "killed");
  expect(after).toBe(await valueAt(pc2.hubUrl, "exports_total", "killed"));
  fault(task, "hub-killed", { acknowledged, lost: Math.max(0, acknowledged - after) });
});

it("the example's 30 exports go on at the other hub when the first one is killed after 10", async () => {
  const { mainpc, pc2 } = pair.machines;
  const args = [example, mainpc.hubUrl, pc2.hubUrl, "--exports", "30", "--every", "20", "--deadline", "5000"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const lines: z.infer<typeof Exported>[] = [];
  let killing: Promise<void> | undefined;
  for await (const line of createInterface(child.stdout)) {
    lines.push(Exported.parse(JSON.parse(line)));
    if (lines.length === 10) killing = mainpc.parts.hub.kill();
  }
  await killing;
  expect(errors).toBe("");
  expect(lines.map((line) => line.export)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  expect(lines.every(({ hub }) => hub !== null)).toBe(true);
  expect([lines[0]?.hub, lines.at(-1)?.hub]).toEqual([mainpc.hubUrl, pc2.hubUrl]);
  await mainpc.parts.hub.ready();
  await pair.inSync();
  for (const { hubUrl } of pair.both) {
    await until("the last export", async () => (await valueAt(hubUrl, "exports_total", "otlp-example")) === 30);
  }
});
