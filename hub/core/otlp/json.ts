/** Reads an export request of OTLP's metrics from its JSON: whole numbers of 64 bits as text, numbers for enums, unknown keys passed over. */
import { z } from "zod";
import { Malformed } from "../exposition/protobuf/wire.ts";
import { safeJson } from "../safe-json.ts";
import { Attributes, ExponentialHistogram, Gauge, Histogram, list, Sum, Summary, Text } from "./json-points.ts";
import { type Decoded, type ExportRequest, maxParts, type OtlpMetric, type Resource, tooManyParts } from "./model.ts";

const Metric = z
  .object({
    name: Text,
    description: Text,
    unit: Text,
    gauge: Gauge.nullish(),
    sum: Sum.nullish(),
    histogram: Histogram.nullish(),
    exponentialHistogram: ExponentialHistogram.nullish(),
    summary: Summary.nullish(),
  })
  .transform(
    ({ name, description, unit, gauge, sum, histogram, exponentialHistogram, summary }): OtlpMetric => ({
      name,
      description,
      unit,
      data: gauge ?? sum ?? histogram ?? exponentialHistogram ?? summary ?? undefined,
    }),
  );
const ScopeMetrics = z
  .object({
    scope: z.object({ name: Text, version: Text, attributes: Attributes }).nullish(),
    schemaUrl: Text,
    metrics: list(Metric),
  })
  .transform(({ scope, schemaUrl, metrics }) => ({
    name: scope?.name ?? "",
    version: scope?.version ?? "",
    attributes: scope?.attributes ?? [],
    schemaUrl,
    metrics,
  }));
const ResourceMetrics = z
  .object({ resource: z.object({ attributes: Attributes }).nullish(), scopeMetrics: list(ScopeMetrics) })
  .transform(
    ({ resource, scopeMetrics }): Resource => ({ attributes: resource?.attributes ?? [], scopes: scopeMetrics }),
  );
const Request = z
  .object({ resourceMetrics: list(ResourceMetrics) })
  .transform(({ resourceMetrics }): ExportRequest => ({ resources: resourceMetrics }));

/** Flaws that an answer names: more tell nobody more. */
const mostFlaws = 3;

export function decodeJson(bytes: Uint8Array): Decoded {
  if (hasTooManyParts(bytes)) return { ok: false, tooLarge: true, reason: tooManyParts };
  const json = safeJson(bytes);
  if (json === undefined) return refuse("the body is no JSON");
  try {
    const parsed = Request.safeParse(json);
    if (parsed.success) return { ok: true, request: parsed.data };
    const flaws = parsed.error.issues.slice(0, mostFlaws);
    return refuse(flaws.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
  } catch (error) {
    // Flaws are handed on as arguments, of which a stack takes some hundred thousand.
    if (error instanceof RangeError) return refuse("it has more flaws than can be told");
    if (!(error instanceof Malformed)) throw error;
    return refuse(error.message);
  }
}

/** By the braces that begin each part and the commas between numbers, before anything is made of them. */
function hasTooManyParts(bytes: Uint8Array): boolean {
  let braces = 0;
  let commas = 0;
  for (const byte of bytes) {
    if (byte === openBrace) braces++;
    else if (byte === comma) commas++;
  }
  return braces > maxParts || commas > maxCommas;
}

const openBrace = 123;
const comma = 44;
/** A part has two or three keys and values, a histogram's point some dozen numbers. */
const maxCommas = 4 * maxParts;

const refuse = (reason: string): Decoded => ({ ok: false, tooLarge: false, reason });
