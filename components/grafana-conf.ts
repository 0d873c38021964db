/** Renders what Grafana reads: grafana.ini, its one source of data, its dashboards and where they are. */
import { stringify } from "yaml";
import { type DashboardArgs, datasourceUid, renderDashboard } from "./grafana-dashboard-json.ts";
import { dashboards } from "./grafana-dashboards.ts";
import { scrapeSeconds } from "./prometheus-conf.ts";

export interface GrafanaFilesArgs extends GrafanaIniArgs, DashboardArgs {
  /** As Grafana reaches it. @example "http://192.0.2.10:9090" */
  prometheusUrl: string;
}

export interface GrafanaIniArgs {
  /** Address that it binds. */
  host: string;
  port: number;
  /** Directories as Grafana sees them: of these files, and of what it keeps. */
  configDirectory: string;
  dataDirectory: string;
  /** File with the password of `admin`, as Grafana sees it. */
  passwordFile: string;
}

/** A file of Grafana's, below its directory. */
export interface GrafanaFile {
  /** What it is, in the names of resources. */
  name: string;
  path: string;
  content: string;
  /** Whether it is read when Grafana starts alone; it looks for others by itself. */
  readAtStart: boolean;
}

/** All that Grafana reads, apart from the password. */
export function grafanaFiles(args: GrafanaFilesArgs): GrafanaFile[] {
  const { configDirectory, prometheusUrl, runbooks } = args;
  const atStart = (name: string, path: string, content: string) => ({ name, path, content, readAtStart: true });
  const provider = renderDashboardProvider(`${configDirectory}/dashboards`);
  return [
    atStart("ini", "grafana.ini", renderGrafanaIni(args)),
    atStart("datasource", "provisioning/datasources/prometheus.yaml", renderDatasource(prometheusUrl)),
    atStart("dashboards", "provisioning/dashboards/tandem.yaml", provider),
    ...dashboards.map((each) => ({
      name: `dashboard-${each.uid}`,
      path: `dashboards/${each.uid}.json`,
      content: renderDashboard(each, { runbooks }),
      readAtStart: false,
    })),
  ];
}

export function renderGrafanaIni(args: GrafanaIniArgs): string {
  const { host, port, configDirectory, dataDirectory, passwordFile } = args;
  return `; Written by tandem; changes are overwritten by the next pulumi up.
[server]
http_addr = ${host}
http_port = ${port}

[paths]
data = ${dataDirectory}
logs = ${dataDirectory}/log
plugins = ${dataDirectory}/plugins
provisioning = ${configDirectory}/provisioning

[log]
mode = console

[security]
admin_user = admin
admin_password = $__file{${passwordFile}}
disable_gravatar = true

[users]
allow_sign_up = false
home_page = /d/tandem-pair

[auth.anonymous]
enabled = false

[plugins]
preinstall_disabled = true
public_key_retrieval_disabled = true

[snapshots]
external_enabled = false

[news]
news_feed_enabled = false

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
        // Rates are taken over some scrapes; of more frequent points there is nothing to see.
        jsonData: { httpMethod: "POST", timeInterval: `${scrapeSeconds}s` },
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
