/** A Grafana that draws what the machine's Prometheus keeps. */
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { hostPort } from "./address.ts";
import { ConfigFile } from "./config-file.ts";
import { hardenedContainer, readOnlyDirectory } from "./container.ts";
import { DataDirectory } from "./data-directory.ts";
import { renderDashboardProvider, renderDatasource, renderGrafanaIni } from "./grafana-conf.ts";
import { dashboards, renderDashboard } from "./grafana-dashboards.ts";
import type { Reach } from "./reach.ts";
import { SecretFile } from "./secret-file.ts";

export interface GrafanaArgs {
  /** Machine's name. */
  machine: string;
  /** How the machine is reached. */
  reach: Reach;
  /** Image with `grafana` in its PATH and below /usr/share/grafana, and `wget`. @example "grafana/grafana:12.1.1" */
  image: pulumi.Input<string>;
  /** Address that it binds. @example "192.0.2.10" */
  address: string;
  /** Port that it binds. @default 3000 */
  port?: number;
  /** As Grafana reaches it. @example "http://192.0.2.10:9090" */
  prometheusUrl: string;
  /** Of the user `admin`, taken when Grafana starts for the first time; later it is changed in Grafana. */
  adminPassword: pulumi.Input<string>;
  /** Memory of the container, MiB. @default 512 */
  memoryMb?: number;
  /** Directory of grafana.ini on the machine. @default "/etc/tandem/grafana" */
  configDirectory?: string;
  /** Directory of the password on the machine, Grafana's alone. @default "/etc/tandem/secrets/grafana" */
  secretDirectory?: string;
  /** Directory of users and dashboards on the machine. @default "/var/lib/tandem/grafana" */
  dataDirectory?: string;
}

const uid = 10_930;
const confTarget = "/etc/tandem/grafana";
const secretTarget = "/run/secrets";
const dataTarget = "/data";
const home = "/usr/share/grafana";

export class Grafana extends pulumi.ComponentResource {
  /** @example "http://192.0.2.10:3000" */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: GrafanaArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tandem:machine:Grafana", name, {}, opts);
    const children = { parent: this };
    const { machine, reach, port = 3000 } = args;
    const at = hostPort(args.address, port);
    const configDirectory = args.configDirectory ?? "/etc/tandem/grafana";
    const secretDirectory = args.secretDirectory ?? "/etc/tandem/secrets/grafana";

    const image = new docker.RemoteImage(`${name}-image`, { name: args.image, keepLocally: true }, children);
    const ini = new ConfigFile(
      `${name}-ini`,
      {
        reach,
        path: `${configDirectory}/grafana.ini`,
        content: renderGrafanaIni({
          host: args.address,
          port,
          dataDirectory: dataTarget,
          provisioningDirectory: `${confTarget}/provisioning`,
          passwordFile: `${secretTarget}/admin-password`,
        }),
      },
      children,
    );
    const datasource = new ConfigFile(
      `${name}-datasource`,
      {
        reach,
        path: `${configDirectory}/provisioning/datasources/prometheus.yaml`,
        content: renderDatasource(args.prometheusUrl),
      },
      children,
    );
    const file = (what: string, path: string, content: string) =>
      new ConfigFile(`${name}-${what}`, { reach, path: `${configDirectory}/${path}`, content }, children);
    const shown = [
      file("dashboards", "provisioning/dashboards/tandem.yaml", renderDashboardProvider(`${confTarget}/dashboards`)),
      ...dashboards.map((each) => file(`dashboard-${each.uid}`, `dashboards/${each.uid}.json`, renderDashboard(each))),
    ];
    const password = new SecretFile(
      `${name}-password`,
      { reach, path: `${secretDirectory}/admin-password`, content: args.adminPassword, uid },
      children,
    );
    const data = new DataDirectory(
      `${name}-data`,
      { reach, path: args.dataDirectory ?? "/var/lib/tandem/grafana", uid },
      { ...children, protect: true },
    );
    const container = hardenedContainer(
      `${name}-container`,
      {
        name: `tandem-${machine}-grafana`,
        image: image.imageId,
        // The image's own script would take settings from the environment.
        entrypoint: ["grafana", "server"],
        command: [`--homepath=${home}`, `--config=${confTarget}/grafana.ini`, "--packaging=docker"],
        uid,
        mounts: [
          readOnlyDirectory(
            pulumi.all([ini, datasource, ...shown].map(({ path }) => path)).apply(() => configDirectory),
            confTarget,
          ),
          readOnlyDirectory(
            password.path.apply(() => secretDirectory),
            secretTarget,
          ),
          { type: "bind", source: data.path, target: dataTarget },
        ],
        healthcheck: ["wget", "-q", "-O", "/dev/null", `http://${at}/api/health`],
        memoryMb: args.memoryMb ?? 512,
        cpus: 1,
        maxProcesses: 128,
        stopGraceSeconds: 15,
        labels: {
          "tandem.machine": machine,
          // Grafana looks for other dashboards by itself.
          "tandem.config": pulumi.interpolate`${ini.contentHash}-${datasource.contentHash}`,
        },
      },
      children,
    );
    this.url = container.id.apply(() => `http://${at}`);
    this.registerOutputs({ url: this.url });
  }
}
