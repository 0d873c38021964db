/** Renders docs/metrics.md. */
import { type KnownMetric, knownMetrics, type MetricsOf } from "./known-metrics.ts";

const where: Record<string, string> = {
  hub: "On `/metrics` of each hub, before everything that was pushed and scraped.",
  router: "On `GET /metrics` of the router's socket.",
  supervisor: "On `GET /metrics` of the supervisor's socket.",
  agent: "Pushed by every agent with a hub file ([agents](agents.md#what-it-shows)).",
};

/** Counters that do not begin at 0 with the program that tells them. */
export const olderCounters: readonly { name: string; why: string }[] = [
  {
    name: "tandem_unnumbered_pushes_total",
    why: "comes back from the snapshot after a restart, and both hubs tell it of both `origin`s: take the greater of the two, not their sum",
  },
  { name: "tandem_machine_cpu_busy_seconds_total", why: "counts since the machine started" },
  { name: "tandem_machine_cpu_seconds_total", why: "counts since the machine started" },
];

export function metricsPage(known: readonly MetricsOf[] = knownMetrics()): string {
  const sections = known.map(({ what, metrics }) => `## ${title(what)}\n\n${where[what] ?? ""}\n\n${table(metrics)}`);
  return `# Metrics

Made by \`npm run metrics\` from what the programs themselves register; a test holds it against them. Names begin with \`tandem_\`, units are
seconds and bytes and stand last, counters end with \`_total\` and begin at 0 with their program, but these:

${olderCounters.map(({ name, why }) => `- \`${name}\`: ${why}`).join("\n")}

Which of them are recorded and alerted on: [Prometheus](prometheus.md).

${sections.join("\n")}`;
}

function table(metrics: readonly KnownMetric[]): string {
  const lines = metrics.map(({ name, type, labelNames, help }) => {
    const labels = labelNames.map((label) => `\`${label}\``).join(", ");
    return `| \`${name}\` | ${type} | ${labels} | ${help.replaceAll("|", "\\|")} |`;
  });
  return `| name | type | labels | |\n|---|---|---|---|\n${lines.join("\n")}\n`;
}

const title = (what: string) => `${what[0]?.toUpperCase()}${what.slice(1)}`;
