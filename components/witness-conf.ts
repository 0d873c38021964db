/** Renders the witness's nats.conf: a third server that holds one small bucket and lets two hubs write to it. */
import { hostPort } from "./address.ts";
import { natsLimits, quote } from "./nats-conf.ts";

export interface WitnessConfArgs {
  /** Address that it binds. @example "192.0.2.30" */
  host: string;
  port: number;
  /** Address of the monitoring port. @default "127.0.0.1" */
  monitoringHost?: string;
  /** @default none: it has no monitoring port */
  monitoringPort?: number;
  /** Directory of the bucket; the server makes it when it can. */
  storeDir: string;
  /** Public NKeys of the two hubs. @default none: everybody may write */
  hubKeys?: readonly string[];
}

const mib = 1024 ** 2;

/** The text of nats.conf; the same arguments give the same bytes. Needs nats-server 2.11 or later, which reads a bucket in one answer. */
export function renderWitnessConf(args: WitnessConfArgs): string {
  const { host, port, monitoringHost = "127.0.0.1", monitoringPort, storeDir, hubKeys = [] } = args;
  return `${[
    'server_name: "tandem-witness"',
    `host: ${quote(host)}`,
    `port: ${port}`,
    ...(monitoringPort === undefined ? [] : [`http: ${quote(hostPort(monitoringHost, monitoringPort))}`]),
    "",
    "max_payload: 65536",
    "# Two hubs need one each; the rest is for strangers to take, who are to keep no hub out.",
    `max_connections: ${natsLimits.connections}`,
    'write_deadline: "2s"',
    "",
    "jetstream {",
    `  store_dir: ${quote(storeDir)}`,
    "  # A few dozen services of some hundred bytes each.",
    `  max_memory_store: ${16 * mib}`,
    `  max_file_store: ${64 * mib}`,
    "  # What a hub was told is written must survive a loss of power: it acts by that.",
    "  sync_interval: always",
    "}",
    ...(hubKeys.length === 0 ? [] : ["", ...authorization(hubKeys)]),
  ].join("\n")}\n`;
}

/** The same for both: to look at the bucket, make it, and write its keys. */
function authorization(hubKeys: readonly string[]): string[] {
  const bucket = "KV_tandem-services";
  const publish = [
    "$JS.API.INFO",
    `$JS.API.STREAM.INFO.${bucket}`,
    `$JS.API.STREAM.CREATE.${bucket}`,
    `$JS.API.DIRECT.GET.${bucket}`,
    `$JS.API.DIRECT.GET.${bucket}.>`,
    "$KV.tandem-services.*",
  ];
  const list = (subjects: readonly string[]) => `[${subjects.map(quote).join(", ")}]`;
  return [
    "authorization {",
    "  timeout: 2",
    "  users: [",
    ...hubKeys.map(
      (nkey) =>
        `    { nkey: ${quote(nkey)}, permissions: { publish: ${list(publish)}, subscribe: ${list(["_INBOX.>"])} } }`,
    ),
    "  ]",
    "}",
  ];
}
