/** A Prometheus that keeps what both hubs tell, so that there is a past to look at. */
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { hostPort } from "./address.ts";
import { checkInImage } from "./check-in-image.ts";
import { ConfigFile } from "./config-file.ts";
import { hardenedContainer, readOnlyDirectory } from "./container.ts";
import { DataDirectory } from "./data-directory.ts";
import { hubCaFile, type PrometheusConfArgs, renderPrometheusConf, rulesFile } from "./prometheus-conf.ts";
import { type PrometheusRulesArgs, renderPrometheusRules } from "./prometheus-rules.ts";
import type { Reach } from "./reach.ts";

export interface PrometheusArgs {
  /** Machine's name. */
  machine: string;
  /** How the machine is reached. */
  reach: Reach;
  /** Image with `prometheus`, `promtool` and `wget` in its PATH. @example "prom/prometheus:v3.5.0" */
  image: pulumi.Input<string>;
  /** Address that it binds; it asks nobody who they are. @example "192.0.2.10" */
  address: string;
  /** Port that it binds. @default 9090 */
  port?: number;
  /** Hubs that it scrapes, with the name of each one's machine. */
  hubs: PrometheusConfArgs["hubs"];
  /** PEM of the CA of hubs that speak TLS. @default "" */
  hubCa?: string;
  /** Pushgateways that it scrapes, too. @default none */
  pushgateways?: PrometheusConfArgs["pushgateways"];
  /** Where its alerts are sent. @default nowhere @example ["192.0.2.10:9093"] */
  alertmanagers?: PrometheusConfArgs["alertmanagers"];
  /** What stands before `docs/runbooks/…` in its alerts. @default "" @example "https://git.example/tandem/blob/main/" */
  runbooks?: PrometheusRulesArgs["runbooks"];
  /** Pushed metrics that are recorded once, of the places that each stands in. @default none @example ["queue_depth"] */
  recorded?: PrometheusRulesArgs["recorded"];
  /** Samples older than this are deleted, days. @default 15 */
  retentionDays?: number;
  /** So are the oldest when all take more, MiB. @default 4096 */
  retentionMb?: number;
  /** Memory of the container, MiB. @default 1024 */
  memoryMb?: number;
  /** Directory of prometheus.yml and rules.yml on the machine. @default "/etc/tandem/prometheus" */
  configDirectory?: string;
  /** Directory of the samples on the machine. @default "/var/lib/tandem/prometheus" */
  dataDirectory?: string;
}

const uid = 10_990;
const confTarget = "/etc/tandem/prometheus";
const dataTarget = "/data";

export class Prometheus extends pulumi.ComponentResource {
  /** @example "http://192.0.2.10:9090" */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: PrometheusArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tandem:machine:Prometheus", name, {}, opts);
    const children = { parent: this };
    const { machine, reach, hubs, pushgateways, alertmanagers, retentionDays = 15, retentionMb = 4_096 } = args;
    const at = hostPort(args.address, args.port ?? 9090);
    const configDirectory = args.configDirectory ?? "/etc/tandem/prometheus";

    const image = new docker.RemoteImage(`${name}-image`, { name: args.image, keepLocally: true }, children);
    const checked = (what: "config" | "rules") =>
      image.imageId.apply((imageId) =>
        checkInImage({
          reach,
          imageId,
          uid,
          directories: { [configDirectory]: confTarget },
          entrypoint: "promtool",
          command: `check ${what} "${confTarget}/$(basename "$new")"`,
        }),
      );
    const rules = new ConfigFile(
      `${name}-rules`,
      {
        reach,
        path: `${configDirectory}/${rulesFile}`,
        content: renderPrometheusRules(args),
        validate: checked("rules"),
      },
      children,
    );
    const { hubCa = "" } = args;
    const ca =
      hubCa === ""
        ? []
        : [
            new ConfigFile(
              `${name}-hub-ca`,
              { reach, path: `${configDirectory}/${hubCaFile}`, content: hubCa },
              children,
            ),
          ];
    const conf = new ConfigFile(
      `${name}-conf`,
      {
        reach,
        path: `${configDirectory}/prometheus.yml`,
        content: renderPrometheusConf({ hubs, pushgateways, alertmanagers }),
        validate: checked("config"),
      },
      // It names the rules and the CA, which its check reads.
      { ...children, dependsOn: [rules, ...ca] },
    );
    const data = new DataDirectory(
      `${name}-data`,
      { reach, path: args.dataDirectory ?? "/var/lib/tandem/prometheus", uid },
      children,
    );
    const container = hardenedContainer(
      `${name}-container`,
      {
        name: `tandem-${machine}-prometheus`,
        image: image.imageId,
        entrypoint: ["prometheus"],
        command: [
          `--config.file=${confTarget}/prometheus.yml`,
          `--storage.tsdb.path=${dataTarget}`,
          `--storage.tsdb.retention.time=${retentionDays}d`,
          `--storage.tsdb.retention.size=${retentionMb}MB`,
          `--web.listen-address=${at}`,
        ],
        uid,
        mounts: [
          readOnlyDirectory(
            conf.path.apply(() => configDirectory),
            confTarget,
          ),
          { type: "bind", source: data.path, target: dataTarget },
        ],
        healthcheck: ["wget", "-q", "-O", "/dev/null", `http://${at}/-/ready`],
        memoryMb: args.memoryMb ?? 1_024,
        cpus: 1,
        maxProcesses: 128,
        // It writes its head to disk at the end.
        stopGraceSeconds: 30,
        labels: {
          "tandem.machine": machine,
          "tandem.config": pulumi.interpolate`${conf.contentHash}-${rules.contentHash}`,
        },
      },
      children,
    );
    this.url = container.id.apply(() => `http://${at}`);
    this.registerOutputs({ url: this.url });
  }
}
