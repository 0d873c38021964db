/** A Grafana that draws what the machine's Prometheus keeps. */
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { hostPort } from "./address.ts";
import { ConfigFile } from "./config-file.ts";
import { hardenedContainer, readOnlyDirectory } from "./container.ts";
import { DataDirectory } from "./data-directory.ts";
import { grafanaFiles } from "./grafana-conf.ts";
import type { DashboardArgs } from "./grafana-dashboard-json.ts";
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
  /** What stands before `docs/runbooks/…` in links of its dashboards. @default "", no links @example "https://git.example/tandem/blob/main/" */
  runbooks?: DashboardArgs["runbooks"];
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
// The image's environment names both, and what is in Grafana's environment overrules its grafana.ini.
const confTarget = "/etc/grafana";
const dataTarget = "/var/lib/grafana";
const secretTarget = "/run/secrets";
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
    const files = grafanaFiles({
      host: args.address,
      port,
      configDirectory: confTarget,
      dataDirectory: dataTarget,
      passwordFile: `${secretTarget}/admin-password`,
      prometheusUrl: args.prometheusUrl,
      runbooks: args.runbooks,
    }).map(({ name: what, path, content, readAtStart }) => {
      const file = { reach, path: `${configDirectory}/${path}`, content };
      return { readAtStart, written: new ConfigFile(`${name}-${what}`, file, children) };
    });
    const readAtStart = files.filter((file) => file.readAtStart).map(({ written }) => written.contentHash);
    const password = new SecretFile(
      `${name}-password`,
      { reach, path: `${secretDirectory}/admin-password`, content: args.adminPassword, uid },
      children,
    );
    const data = new DataDirectory(
      `${name}-data`,
      { reach, path: args.dataDirectory ?? "/var/lib/tandem/grafana", uid },
      children,
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
            pulumi.all(files.map(({ written }) => written.path)).apply(() => configDirectory),
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
          "tandem.config": pulumi.all(readAtStart).apply((hashes) => hashes.join("-")),
        },
      },
      children,
    );
    this.url = container.id.apply(() => `http://${at}`);
    this.registerOutputs({ url: this.url });
  }
}
