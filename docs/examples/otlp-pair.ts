/**
 * Exports metrics of OpenTelemetry's SDK to whichever of two hubs takes them: an exporter knows one address, so this one holds two of
 * them. What goes out are totals since the start, so that an export which both hubs have taken counts once.
 *
 *     node otlp-pair.ts http://192.0.2.20:9100 http://192.0.2.10:9000 --exports 20 --every 1000
 */
import { parseArgs } from "node:util";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
  type ResourceMetrics,
} from "@opentelemetry/sdk-metrics";

type Done = Parameters<PushMetricExporter["export"]>[1];
type Result = Parameters<Done>[0];

const success = 0;
/** After it failed, the first hub is not asked before, ms. */
const retryFirstAfterMs = 10_000;

export class PairExporter implements PushMetricExporter {
  /** Which hub took the last export; undefined when none did. */
  takenBy: string | undefined;
  readonly #hubs: { url: string; exporter: OTLPMetricExporter }[];
  #firstFailedAtMs = Number.NEGATIVE_INFINITY;

  /**
   * @param urls the hub to prefer first
   * @param deadlineMs for one hub to take an export, with all that the exporter repeats meanwhile
   */
  constructor(urls: readonly string[], deadlineMs = 2_000) {
    this.#hubs = urls.map((url) => ({
      url,
      exporter: new OTLPMetricExporter({ url: `${url}/v1/metrics`, timeoutMillis: deadlineMs }),
    }));
  }

  export(metrics: ResourceMetrics, done: Done): void {
    void this.#export(metrics).then(done);
  }

  /** Hubs take totals only. */
  selectAggregationTemporality(): AggregationTemporality {
    return AggregationTemporality.CUMULATIVE;
  }

  async forceFlush(): Promise<void> {
    await Promise.all(this.#hubs.map(({ exporter }) => exporter.forceFlush()));
  }

  async shutdown(): Promise<void> {
    await Promise.all(this.#hubs.map(({ exporter }) => exporter.shutdown()));
  }

  async #export(metrics: ResourceMetrics): Promise<Result> {
    const [first, ...others] = this.#hubs;
    const spared = performance.now() < this.#firstFailedAtMs + retryFirstAfterMs;
    const order = first === undefined || !spared ? this.#hubs : [...others, first];
    let result: Result = { code: 1, error: new Error("no hub is configured") };
    for (const hub of order) {
      result = await new Promise<Result>((resolve) => hub.exporter.export(metrics, resolve));
      this.takenBy = result.code === success ? hub.url : undefined;
      if (hub === first) this.#firstFailedAtMs = this.takenBy ? Number.NEGATIVE_INFINITY : performance.now();
      if (this.takenBy !== undefined) break;
    }
    return result;
  }
}

if (import.meta.main) {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      exports: { type: "string", default: "10" },
      every: { type: "string", default: "1000" },
      deadline: { type: "string", default: "2000" },
    },
  });
  const exporter = new PairExporter(positionals, Number(values.deadline));
  const provider = new MeterProvider({
    // The instance is the place, not the process: one that starts anew goes on in the same group.
    resource: resourceFromAttributes({ "service.name": "otlp-example", "service.instance.id": "example" }),
    // Exports are made by hand below, to tell what came of each; a program leaves them to the reader's interval.
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
  });
  const exports = provider.getMeter("example").createCounter("exports");
  for (let i = 1; i <= Number(values.exports); i++) {
    exports.add(1);
    await provider.forceFlush().catch(() => {});
    console.log(JSON.stringify({ export: i, hub: exporter.takenBy ?? null }));
    await new Promise((resolve) => setTimeout(resolve, Number(values.every)));
  }
  await provider.shutdown().catch(() => {});
}
