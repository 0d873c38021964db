/** Reads an export request of OTLP's metrics from protobuf. What it refuses, it refuses whole. */
import { delimited, Malformed, TooMany, tag, varint, WireReader } from "../exposition/protobuf/wire.ts";
import {
  type Decoded,
  type ExportRequest,
  type MetricData,
  maxParts,
  type OtlpMetric,
  type Resource,
  type Scope,
  tooManyParts,
} from "./model.ts";
import { readAttribute, readFields } from "./protobuf-common.ts";
import { readExponentialPoint, readHistogramPoint, readNumberPoint, readSummaryPoint } from "./protobuf-points.ts";

export function decodeProtobuf(bytes: Uint8Array): Decoded {
  const request: ExportRequest = { resources: [] };
  const wire = new WireReader(bytes, 0, bytes.length, { left: maxParts });
  try {
    readFields(wire, (field) => {
      if (field !== tag(1, delimited)) return false;
      request.resources.push(readResource(wire.message()));
      return true;
    });
    return { ok: true, request };
  } catch (error) {
    if (error instanceof TooMany) return { ok: false, tooLarge: true, reason: tooManyParts };
    if (!(error instanceof Malformed)) throw error;
    return {
      ok: false,
      tooLarge: false,
      reason: `resource ${request.resources.length + 1} of the protobuf body: ${error.message}`,
    };
  }
}

function readResource(wire: WireReader): Resource {
  const resource: Resource = { attributes: [], scopes: [] };
  readFields(wire, (field) => {
    if (field === tag(1, delimited)) readResourceAttributes(wire.message(), resource);
    else if (field === tag(2, delimited)) resource.scopes.push(readScope(wire.message()));
    else return false;
    return true;
  });
  return resource;
}

function readResourceAttributes(wire: WireReader, resource: Resource): void {
  readFields(wire, (field) => {
    if (field !== tag(1, delimited)) return false;
    readAttribute(wire.message(), resource.attributes);
    return true;
  });
}

function readScope(wire: WireReader): Scope {
  const scope: Scope = { name: "", version: "", schemaUrl: "", attributes: [], metrics: [] };
  readFields(wire, (field) => {
    if (field === tag(1, delimited)) readScopeNames(wire.message(), scope);
    else if (field === tag(2, delimited)) scope.metrics.push(readMetric(wire.message()));
    else if (field === tag(3, delimited)) scope.schemaUrl = wire.text("the schema of a scope");
    else return false;
    return true;
  });
  return scope;
}

function readScopeNames(wire: WireReader, scope: Scope): void {
  readFields(wire, (field) => {
    if (field === tag(1, delimited)) scope.name = wire.text("the name of a scope");
    else if (field === tag(2, delimited)) scope.version = wire.text("the version of a scope");
    else if (field === tag(3, delimited)) readAttribute(wire.message(), scope.attributes);
    else return false;
    return true;
  });
}

function readMetric(wire: WireReader): OtlpMetric {
  const metric: OtlpMetric = { name: "", description: "", unit: "", data: undefined };
  readFields(wire, (field) => {
    if (field === tag(1, delimited)) metric.name = wire.text("the name of a metric");
    else if (field === tag(2, delimited)) metric.description = wire.text("the description of a metric");
    else if (field === tag(3, delimited)) metric.unit = wire.text("the unit of a metric");
    else {
      const data = readData(wire, field);
      if (data === undefined) return false;
      metric.data = data;
    }
    return true;
  });
  return metric;
}

/** Undefined when the field is none of the kinds of metrics. Of two kinds, or two of a kind, the last one stands. */
function readData(wire: WireReader, field: number): MetricData | undefined {
  switch (field) {
    case tag(5, delimited):
      return { kind: "gauge", points: readPoints(wire.message(), readNumberPoint).points };
    case tag(7, delimited):
      return { kind: "sum", ...readPoints(wire.message(), readNumberPoint) };
    case tag(9, delimited): {
      const { points, temporality } = readPoints(wire.message(), readHistogramPoint);
      return { kind: "histogram", temporality, points };
    }
    case tag(10, delimited): {
      const { points, temporality } = readPoints(wire.message(), readExponentialPoint);
      return { kind: "exponential", temporality, points };
    }
    case tag(11, delimited):
      return { kind: "summary", points: readPoints(wire.message(), readSummaryPoint).points };
    default:
      return undefined;
  }
}

/** All kinds have their points in field 1, and, those that have them, the other two alike. */
function readPoints<P>(wire: WireReader, read: (point: WireReader) => P) {
  const all = { points: [] as P[], temporality: 0, monotonic: false };
  readFields(wire, (field) => {
    if (field === tag(1, delimited)) all.points.push(read(wire.message()));
    else if (field === tag(2, varint)) all.temporality = wire.varint();
    else if (field === tag(3, varint)) all.monotonic = wire.varint() !== 0;
    else return false;
    return true;
  });
  return all;
}
