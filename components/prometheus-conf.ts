/** Renders prometheus.yml: both hubs, each as a target of its own. */
import { stringify } from "yaml";
import { hostPort } from "./address.ts";

export interface PrometheusConfArgs {
  /** The hubs, this machine's first. */
  hubs: readonly { machine: string; host: string; port: number }[];
  /** Between two scrapes of each, s. @default 15 */
  intervalSeconds?: number;
}

/** @example "# Written by tandem…\nglobal:\n  scrape_interval: 15s\n…" */
export function renderPrometheusConf({ hubs, intervalSeconds = 15 }: PrometheusConfArgs): string {
  const conf = {
    global: { scrape_interval: `${intervalSeconds}s`, scrape_timeout: `${Math.min(10, intervalSeconds)}s` },
    scrape_configs: [
      {
        job_name: "hubs",
        // A hub speaks for those who pushed to it: their job and instance are not its own.
        honor_labels: true,
        metrics_path: "/metrics",
        static_configs: hubs.map(({ machine, host, port }) => ({
          targets: [hostPort(host, port)],
          // Both hubs tell of the whole fleet; without it, two values of one moment would be one series.
          labels: { hub: machine },
        })),
      },
    ],
  };
  return `# Written by tandem; changes are overwritten by the next pulumi up.\n${stringify(conf)}`;
}
