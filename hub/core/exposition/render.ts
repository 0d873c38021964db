/** Writes families in the text exposition format, byte for byte the same for the same input. */
import type { Family, Metric, MetricType } from "./family.ts";
import { formatNumber } from "./number.ts";

const needsEscape = /["\\\n]/;

/** The family with its HELP and TYPE lines; labels stand in the order given. */
export function renderFamily(family: Family): string {
  const lines = family.metrics.map((metric) =>
    renderMetric(family.name, family.type, labelText(metric.labels), metric),
  );
  return renderHeader(family.name, family.type, family.help) + lines.join("");
}

export function renderHeader(name: string, type: MetricType, help: string | undefined): string {
  const helpLine = help === undefined || help === "" ? "" : `# HELP ${name} ${escapeHelp(help)}\n`;
  return `${helpLine}# TYPE ${name} ${type}\n`;
}

/** @param labels what stands between the braces; empty for none */
export function renderMetric(name: string, type: MetricType, labels: string, metric: Metric): string {
  const braces = labels === "" ? "" : `{${labels}}`;
  const { distribution } = metric;
  if (distribution === undefined) return `${name}${braces} ${formatNumber(metric.value)}\n`;
  const { points, sum, count } = distribution;
  const [suffix, bound] = type === "histogram" ? ["_bucket", "le"] : ["", "quantile"];
  const start = `${name}${suffix}{${labels}${labels === "" ? "" : ","}${bound}="`;
  let text = "";
  for (let i = 0; i < points.length; i += 2) {
    text += `${start}${formatNumber(points[i] ?? 0)}"} ${formatNumber(points[i + 1] ?? 0)}\n`;
  }
  if (type === "histogram" && !hasInfinity(points)) text += `${start}+Inf"} ${formatNumber(count)}\n`;
  return `${text}${name}_sum${braces} ${formatNumber(sum)}\n${name}_count${braces} ${formatNumber(count)}\n`;
}

/** Lines that `renderMetric` writes. */
export function lineCount(type: MetricType, metric: Metric): number {
  if (metric.distribution === undefined) return 1;
  const { points } = metric.distribution;
  return points.length / 2 + 2 + (type === "histogram" && !hasInfinity(points) ? 1 : 0);
}

/** @param labels names and values by turns */
export function labelText(labels: readonly string[]): string {
  let text = "";
  for (let i = 0; i < labels.length; i += 2) {
    text += `${i === 0 ? "" : ","}${labels[i]}="${escapeLabelValue(labels[i + 1] ?? "")}"`;
  }
  return text;
}

export function escapeLabelValue(value: string): string {
  if (!needsEscape.test(value)) return value;
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}

function escapeHelp(help: string): string {
  return help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function hasInfinity(points: readonly number[]): boolean {
  for (let i = 0; i < points.length; i += 2) if (points[i] === Number.POSITIVE_INFINITY) return true;
  return false;
}
