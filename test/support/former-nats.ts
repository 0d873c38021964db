/** How the version before secured a machine's NATS: one account, the link restricted at the listening end alone, any inbox. */
import { quote } from "../../components/nats-conf.ts";

interface FormerArgs {
  machine: string;
  peer: string;
  listens: boolean;
  /** Public NKeys. */
  hub: string;
  operator: string;
}

const calls = (prefix: string) =>
  ["STREAM.INFO.*", "STREAM.MSG.GET.*", "CONSUMER.CREATE.>", "CONSUMER.DELETE.*.*"].map((call) => `${prefix}.${call}`);
const alerts = ["observability.alerts.urgent", "observability.alerts.warning"];
const list = (subjects: readonly string[]) => `[${subjects.map(quote).join(", ")}]`;

/** As nats.conf of that version had it, from today's. */
export const formerConf = (conf: string) =>
  conf
    .replace("account: LINK, ", "")
    .replace(", account: LINK", "")
    .replace('include "accounts.conf"', 'include "auth.conf"');

/** Its auth.conf. */
export function formerAuth({ machine, peer, listens, hub, operator }: FormerArgs): string {
  const streams = ["metrics", "health", "alerts"].map((kind) => `observability-${kind}`);
  const purged = ["observability-snapshots", ...streams, ...streams.map((name) => `${name}-from-${peer}`)];
  const publish = [
    `observability.*.${machine}.records`,
    `tandem.copy.*.${peer}`,
    `tandem.copied.${peer}`,
    "observability.failover.*",
    ...alerts,
    `tandem.heartbeat.${machine}`,
    `tandem.beats.${machine}`,
    `tandem.snapshot.${machine}.*`,
    `$KV.tandem-documents-${machine}.>`,
    ...calls("$JS.API"),
    "$JS.API.STREAM.CREATE.*",
    ...purged.map((stream) => `$JS.API.STREAM.PURGE.${stream}`),
    "$JS.API.STREAM.MSG.DELETE.observability-snapshots",
    ...calls(`$JS.${peer}.API`),
    "$JS.FC.>",
  ];
  const subscribe = [`tandem.copied.${machine}`, `tandem.heartbeat.${peer}`, `tandem.beats.${peer}`, "_INBOX.>"];
  const crossing = (from: string, to: string) => [
    `tandem.heartbeat.${from}`,
    `tandem.beats.${from}`,
    `tandem.copied.${to}`,
    ...alerts,
    ...calls(`$JS.${to}.API`),
    "$JS.FC.>",
    "_INBOX.>",
  ];
  const may = (publishes: string[], subscribes: string[]) =>
    `permissions { publish: ${list(publishes)}, subscribe: ${list(subscribes)} }`;
  return `authorization { users: [
    { nkey: ${hub}, ${may(publish, subscribe)} }
    { nkey: ${operator}, ${may([">"], [">"])} }
    ${listens ? `{ user: "CN=${peer}", ${may(crossing(peer, machine), crossing(machine, peer))} }` : ""}
  ] }\n`;
}
