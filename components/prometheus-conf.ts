/** Renders prometheus.yml: both hubs and both Pushgateways, each as a target of its own, and the rules that tell them as one. */
import { stringify } from "yaml";
import { hostPort } from "./address.ts";

/** Where something of a machine is reached. */
export interface WatchedServer {
  /** Name of its machine. */
  machine: string;
  host: string;
  port: number;
  /** Whether it is asked by TLS. @default false */
  tls?: boolean | undefined;
}

export interface PrometheusConfArgs {
  /** The hubs, this machine's first. */
  hubs: readonly WatchedServer[];
  /** The Pushgateways beside them, in which the same is told once more. @default none */
  pushgateways?: readonly WatchedServer[];
  /** Where alerts are sent. @default nowhere; they are shown on Prometheus's own page @example ["192.0.2.10:9093"] */
  alertmanagers?: readonly string[];
  /** Between two scrapes of each, and two looks at the rules, s. @default 15 */
  intervalSeconds?: number;
}

/** Jobs by which Prometheus knows what it scrapes. */
export const hubsJob = "hubs";
export const pushgatewaysJob = "pushgateways";
/** Label of every series, by which the four places are told apart that each pushed series stands in. */
export const replicaLabel = "tandem_replica";
/** Both stand beside prometheus.yml. */
export const rulesFile = "rules.yml";
export const hubCaFile = "hub-ca.pem";

/** Between two scrapes, where nobody says otherwise. */
export const scrapeSeconds = 15;

/** @example "# Written by tandem…\nglobal:\n  scrape_interval: 15s\n…" */
export function renderPrometheusConf(args: PrometheusConfArgs): string {
  const { hubs, pushgateways = [], alertmanagers = [], intervalSeconds = scrapeSeconds } = args;
  const every = `${intervalSeconds}s`;
  const conf = {
    global: {
      scrape_interval: every,
      scrape_timeout: `${Math.min(10, intervalSeconds)}s`,
      evaluation_interval: every,
    },
    rule_files: [rulesFile],
    ...(alertmanagers.length === 0
      ? {}
      : { alerting: { alertmanagers: [{ static_configs: [{ targets: [...alertmanagers] }] }] } }),
    scrape_configs: [
      scrapes(hubsJob, "hub", hubs),
      ...(pushgateways.length === 0 ? [] : [scrapes(pushgatewaysJob, "pushgateway", pushgateways)]),
    ],
  };
  return `# Written by tandem; changes are overwritten by the next pulumi up.\n${stringify(conf)}`;
}

function scrapes(job: string, part: string, servers: readonly WatchedServer[]) {
  return {
    job_name: job,
    // They speak for those who pushed: the job and instance of these are not their own.
    honor_labels: true,
    metrics_path: "/metrics",
    ...(servers.some(({ tls }) => tls) ? { scheme: "https", tls_config: { ca_file: hubCaFile } } : {}),
    static_configs: servers.map(({ machine, host, port }) => ({
      targets: [hostPort(host, port)],
      // All of them tell of the whole fleet; without it, several values of one moment would be one series.
      labels: { [replicaLabel]: `${machine}/${part}` },
    })),
  };
}
