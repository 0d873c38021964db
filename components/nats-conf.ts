/** Renders nats.conf: one machine's JetStream domain and its end of the leaf link to the peer's domain. */
import { hostPort } from "./address.ts";

/** Files with which an end of the leaf link shows itself and knows the other: either end refuses a certificate of another CA. */
export interface LeafTls {
  /** PEM; its common name is the machine's name, its alternative name the machine's address. */
  certFile: string;
  /** PEM, readable for the server's user alone. */
  keyFile: string;
  /** PEM of the CA of both ends. */
  caFile: string;
}

/** One end of the leaf link: this machine listens, or it dials the one that does. */
export type LeafArgs =
  | { kind: "listen"; host: string; port: number; tls?: LeafTls }
  | { kind: "dial"; url: string; tls?: LeafTls };

export interface NatsConfArgs {
  /** Machine's name; also the name of its JetStream domain and of its server. Letters, digits, - and _. */
  machine: string;
  /** Address that the client port binds. @example "127.0.0.1" */
  host: string;
  /** Client port. */
  clientPort: number;
  /** Address that the monitoring port binds; it shows all and asks for no password. @default "127.0.0.1" */
  monitoringHost?: string;
  /** Monitoring port. */
  monitoringPort: number;
  /** Directory of the streams; the server makes it when it can. */
  storeDir: string;
  leaf: LeafArgs;
  /**
   * File with who may do what (see nats-auth.ts), beside nats.conf or absolute; a server takes a changed one on SIGHUP.
   * @default none: everybody may do everything @example "accounts.conf"
   */
  authFile?: string;
  /** Limit of streams held in memory, bytes. @default 1 GiB */
  maxMemoryBytes?: number;
  /** Limit of streams held on disk, bytes. @default 10 GiB */
  maxStoreBytes?: number;
  /** Between two pings of an idle connection, ms; two without an answer close it. @default 1000 */
  pingIntervalMs?: number;
  /** File to log to, rotated by the server at 10 MB, five kept. @default the standard error */
  logFile?: string;
  /** File that gets the process id. @default none */
  pidFile?: string;
}

/** Account of the dialling end of the link, where NATS asks who is who (see nats-accounts.ts). */
export const linkAccount = "LINK";

const gib = 1024 ** 3;
const mib = 1024 ** 2;

/** Of a server as a whole, and of one connection. */
export const natsLimits = { connections: 2_048, subscriptions: 4_096, payloadBytes: 8 * mib, pendingBytes: 48 * mib };

/** The text of nats.conf; the same arguments give the same bytes. Needs nats-server 2.10 or later, for `sync_interval`. */
export function renderNatsConf(args: NatsConfArgs): string {
  if (!/^[A-Za-z0-9_-]+$/.test(args.machine)) {
    throw new RangeError(
      `machine must be letters, digits, - and _, since it names a domain, not ${quote(args.machine)}`,
    );
  }
  const lines = [
    `server_name: ${quote(args.machine)}`,
    `host: ${quote(args.host)}`,
    `port: ${args.clientPort}`,
    `http: ${quote(hostPort(args.monitoringHost ?? "127.0.0.1", args.monitoringPort))}`,
    "",
    "# A record batch is at most 1 MiB; the rest is room for single pushes with large bodies.",
    `max_payload: ${natsLimits.payloadBytes}`,
    "# Accounts have fewer (see nats-accounts.ts): what is left is for hub, operators, the link, and who is not known yet.",
    `max_connections: ${natsLimits.connections}`,
    "# Of one connection.",
    `max_subscriptions: ${natsLimits.subscriptions}`,
    "max_control_line: 4096",
    "# More than the 32 MiB that a reader of a stream may have ahead of it, or it would be cut off for reading slowly.",
    `max_pending: ${natsLimits.pendingBytes}`,
    "# A client or peer that takes no bytes for this long is cut, so that it holds nobody up.",
    'write_deadline: "5s"',
    "# Two pings without an answer close a connection, the leaf link included: a frozen peer sends no goodbye.",
    `ping_interval: ${quote(`${args.pingIntervalMs ?? 1000}ms`)}`,
    "ping_max: 2",
    "",
    "jetstream {",
    `  domain: ${quote(args.machine)}`,
    `  store_dir: ${quote(args.storeDir)}`,
    `  max_memory_store: ${args.maxMemoryBytes ?? gib}`,
    `  max_file_store: ${args.maxStoreBytes ?? 10 * gib}`,
    "  # The default leaves acknowledged messages in the page cache for up to two minutes.",
    "  sync_interval: always",
    "}",
    "",
    ...leafLines(args.leaf, args.authFile === undefined ? undefined : linkAccount),
  ];
  if (args.authFile !== undefined) lines.push("", `include ${quote(args.authFile)}`);
  if (args.logFile !== undefined) {
    lines.push("", `log_file: ${quote(args.logFile)}`, `logfile_size_limit: ${10_000_000}`, "logfile_max_num: 5");
  }
  if (args.pidFile !== undefined) lines.push("", `pid_file: ${quote(args.pidFile)}`);
  return `${lines.join("\n")}\n`;
}

/** @param account to which a dialling end belongs */
function leafLines(leaf: LeafArgs, account: string | undefined): string[] {
  // Compression costs more than a link of a few metres gains.
  if (leaf.kind === "listen") {
    return [
      "leafnodes {",
      `  host: ${quote(leaf.host)}`,
      `  port: ${leaf.port}`,
      "  no_advertise: true",
      "  compression: off",
      ...(leaf.tls === undefined ? [] : [`  tls: ${tlsBlock(leaf.tls, true)}`]),
      "}",
    ];
  }
  const remote = [`url: ${quote(leaf.url)}`, "compression: off"];
  if (account !== undefined) remote.push(`account: ${account}`);
  if (leaf.tls !== undefined) remote.push(`tls: ${tlsBlock(leaf.tls, false)}`);
  return ["leafnodes {", '  reconnect: "1s"', `  remotes: [{ ${remote.join(", ")} }]`, "}"];
}

/** The dialling end always verifies; the listening one only when told, and then takes the certificate's name for who dials. */
function tlsBlock({ certFile, keyFile, caFile }: LeafTls, listens: boolean): string {
  const files = [`cert_file: ${quote(certFile)}`, `key_file: ${quote(keyFile)}`, `ca_file: ${quote(caFile)}`];
  return `{ ${[...files, ...(listens ? ["verify_and_map: true"] : [])].join(", ")} }`;
}

/** A double-quoted string of nats.conf: it knows \\ \" \n \r \t and \xHH, and expands no variables. */
export function quote(text: string): string {
  const named: Record<string, string> = { "\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t" };
  const escaped = [...text].map((char) => {
    const code = char.codePointAt(0) ?? 0;
    return named[char] ?? (code < 0x20 || code === 0x7f ? `\\x${code.toString(16).padStart(2, "0")}` : char);
  });
  return `"${escaped.join("")}"`;
}
