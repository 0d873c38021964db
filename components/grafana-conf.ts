/** Renders what Grafana reads at its start: grafana.ini, its one source of data, and where its dashboards are. */
import { stringify } from "yaml";
import { datasourceUid } from "./grafana-dashboards.ts";

export interface GrafanaIniArgs {
  /** Address that it binds. */
  host: string;
  port: number;
  /** Directories in the container. */
  dataDirectory: string;
  provisioningDirectory: string;
  /** File in the container with the password of `admin`. */
  passwordFile: string;
}

export function renderGrafanaIni(args: GrafanaIniArgs): string {
  const { host, port, dataDirectory, provisioningDirectory, passwordFile } = args;
  return `; Written by tandem; changes are overwritten by the next pulumi up.
[server]
http_addr = ${host}
http_port = ${port}

[paths]
data = ${dataDirectory}
plugins = ${dataDirectory}/plugins
provisioning = ${provisioningDirectory}

[log]
mode = console

[security]
admin_user = admin
admin_password = $__file{${passwordFile}}
disable_gravatar = true

[users]
allow_sign_up = false

[auth.anonymous]
enabled = false

[plugins]
preinstall_disabled = true

[analytics]
reporting_enabled = false
check_for_updates = false
check_for_plugin_updates = false
`;
}

/** @param prometheusUrl as Grafana reaches it. @example "http://192.0.2.10:9090" */
export function renderDatasource(prometheusUrl: string): string {
  return stringify({
    apiVersion: 1,
    datasources: [
      {
        name: "Prometheus",
        // Dashboards name it; without one Grafana would make another for each installation.
        uid: datasourceUid,
        type: "prometheus",
        access: "proxy",
        url: prometheusUrl,
        isDefault: true,
        editable: false,
      },
    ],
  });
}

/** @param directory of the dashboards in the container */
export function renderDashboardProvider(directory: string): string {
  const provider = {
    name: "tandem",
    type: "file",
    folder: "Tandem",
    folderUid: "tandem",
    disableDeletion: true,
    allowUiUpdates: false,
    options: { path: directory },
  };
  return stringify({ apiVersion: 1, providers: [provider] });
}
