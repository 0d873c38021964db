/** Prometheus and Grafana of a machine, where its stack asks for them. */
import type * as pulumi from "@pulumi/pulumi";
import { hostPort } from "./address.ts";
import { Grafana } from "./grafana.ts";
import { Prometheus } from "./prometheus.ts";
import type { Reach } from "./reach.ts";
import type { StackSite } from "./site.ts";

export interface MachineWatchArgs {
  site: Pick<StackSite, "machine" | "images" | "paths" | "prometheus" | "grafana">;
  /** The pair's hubs, by the names of their machines. */
  hubs: readonly { name: string; address: string; hubPort: number; hubTls?: boolean; pushgatewayPort?: number }[];
  /** PEM of the CA of those that speak TLS. @default "" */
  hubCa?: string;
  reach: Reach;
  grafanaPassword: pulumi.Input<string> | undefined;
}

export interface MachineWatch {
  prometheusUrl: pulumi.Output<string> | undefined;
  grafanaUrl: pulumi.Output<string> | undefined;
}

export function machineWatch(
  name: string,
  { site, hubs, hubCa = "", reach, grafanaPassword }: MachineWatchArgs,
  opts: pulumi.ComponentResourceOptions,
): MachineWatch {
  const { machine, images, paths } = site;
  if (!site.prometheus.enabled) return { prometheusUrl: undefined, grafanaUrl: undefined };
  const { enabled: _, ...bounds } = site.prometheus;
  const at = { machine: machine.name, reach, address: machine.address };
  const prometheus = new Prometheus(
    `${name}-prometheus`,
    {
      ...at,
      ...bounds,
      image: images.prometheus,
      hubs: hubs.map(({ name: machine, address: host, hubPort, hubTls }) => ({
        machine,
        host,
        port: hubPort,
        tls: hubTls,
      })),
      hubCa,
      // A satellite does not know them, and what is in them is at the hubs as well.
      pushgateways: hubs.flatMap(({ name: machine, address: host, pushgatewayPort: port }) =>
        port === undefined ? [] : [{ machine, host, port }],
      ),
      configDirectory: `${paths.config}/prometheus`,
      dataDirectory: `${paths.data}/prometheus`,
    },
    opts,
  );
  if (!site.grafana.enabled) return { prometheusUrl: prometheus.url, grafanaUrl: undefined };
  if (grafanaPassword === undefined) throw new RangeError("a Machine whose site has grafana needs grafanaPassword");
  const grafana = new Grafana(
    `${name}-grafana`,
    {
      ...at,
      image: images.grafana,
      port: site.grafana.port,
      memoryMb: site.grafana.memoryMb,
      // As text: an unknown one would hide the file in the preview.
      prometheusUrl: `http://${hostPort(machine.address, site.prometheus.port)}`,
      runbooks: site.prometheus.runbooks,
      adminPassword: grafanaPassword,
      configDirectory: `${paths.config}/grafana`,
      secretDirectory: `${paths.config}/secrets/grafana`,
      dataDirectory: `${paths.data}/grafana`,
    },
    opts,
  );
  return { prometheusUrl: prometheus.url, grafanaUrl: grafana.url };
}
