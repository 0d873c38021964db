/** What OpenTelemetry's own SDK sends of one state of its metrics, by its two encodings over HTTP. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { OTLPMetricExporter as JsonExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPMetricExporter as ProtobufExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AggregationType,
  MeterProvider,
  MetricReader,
  type PushMetricExporter,
  type ResourceMetrics,
} from "@opentelemetry/sdk-metrics";

export interface SdkBody {
  headers: IncomingHttpHeaders;
  bytes: Buffer;
}

/** Hands out what was counted when it is asked to. */
export class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** Of each kind of instrument one, with odd attributes among them. */
export async function sdkMetrics(): Promise<ResourceMetrics> {
  const reader = new Reader();
  const provider = new MeterProvider({
    resource: resourceFromAttributes({
      "service.name": "tutor",
      "service.namespace": "lab",
      "service.instance.id": "pc2-1",
      "host.name": "pc2",
      "process.pid": 4_242,
      "process.command_args": ["--password", "secret"],
      tags: ["a", 'b"c'],
    }),
    readers: [reader],
    views: [{ instrumentName: "poll.duration", aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
  });
  const meter = provider.getMeter("tutor.lessons", "1.2.3", { schemaUrl: "https://example.org/schema" });
  const lessons = meter.createCounter("lessons", { description: "Lessons given.\nAll of them." });
  lessons.add(3, { topic: "über", "is.live": true, level: 2, share: 0.5 });
  lessons.add(4, { topic: 'a "quoted" \\ one' });
  meter.createUpDownCounter("pupils", { unit: "{pupil}" }).add(-2);
  meter.createGauge("temperature", { unit: "Cel" }).record(20.5, { room: "kitchen" });
  const took = meter.createHistogram("lesson.duration", {
    unit: "s",
    advice: { explicitBucketBoundaries: [0.1, 1, 10] },
  });
  for (const seconds of [0.05, 0.5, 0.7, 99]) took.record(seconds, { topic: "math" });
  const poll = provider.getMeter("other").createHistogram("poll.duration", { unit: "ms" });
  for (const ms of [0, 1, 2, 3, 1_000]) poll.record(ms);
  const { resourceMetrics, errors } = await reader.collect();
  if (errors.length > 0) throw new Error(String(errors));
  await provider.shutdown();
  return resourceMetrics;
}

export async function sdkBodies(metrics: ResourceMetrics): Promise<{ protobuf: SdkBody; json: SdkBody }> {
  const bodies: SdkBody[] = [];
  const server = createServer(async (request, response) => {
    bodies.push({ headers: request.headers, bytes: await buffer(request) });
    response.writeHead(200, { "content-type": request.headers["content-type"] ?? "" }).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on a port
  const url = `http://127.0.0.1:${port}/v1/metrics`;
  const of = async (exporter: PushMetricExporter): Promise<SdkBody> => {
    await new Promise((resolve) => exporter.export(metrics, resolve));
    await exporter.shutdown();
    const body = bodies.shift();
    if (body === undefined) throw new Error("the SDK has sent nothing");
    return body;
  };
  try {
    return { protobuf: await of(new ProtobufExporter({ url })), json: await of(new JsonExporter({ url })) };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
