/** What crosses the link between two machines' NATS, subject by subject; either end lets through this and nothing else. */
import { linkInboxes } from "../hub/core/inbox-names.ts";

/** From one machine to the other. */
export interface Crossing {
  /** Word of hubs and answers of servers. */
  messages: string[];
  /** What goes both ways under one name. */
  shared: string[];
  /** Questions to the other's domain, without its prefix. */
  questions: string[];
}

export const recordKinds = ["metrics", "health", "alerts"] as const;
export const snapshots = "observability-snapshots";
export const documentStream = (machine: string) => `KV_tandem-documents-${machine}`;
export const ownStream = (kind: string) => `observability-${kind}`;
export const copyStream = (kind: string, of: string) => `${ownStream(kind)}-from-${of}`;

/** One hub alone says each alert. */
export const alertSubjects = ["observability.alerts.urgent", "observability.alerts.warning"];

/** The streams of a machine, each of which the peer's hub reads too. */
export function streamsOf(machine: string, peer: string): string[] {
  const records = recordKinds.flatMap((kind) => [ownStream(kind), copyStream(kind, peer)]);
  return [...records, snapshots, documentStream(machine)];
}

/** To look at streams and read them; nothing that changes or removes one. Consumers without a name end by themselves. */
export function readCalls(streams: readonly string[]): string[] {
  return streams.flatMap((stream) => ["STREAM.INFO", "STREAM.MSG.GET", "CONSUMER.CREATE"].map((c) => `${c}.${stream}`));
}

/** With which a reader slows down who reads to it. */
export const flowControl = (streams: readonly string[]) => streams.map((stream) => `$JS.FC.${stream}.>`);

export function crossing(from: string, to: string): Crossing {
  const asked = streamsOf(to, from);
  return {
    messages: [`tandem.heartbeat.${from}`, `tandem.beats.${from}`, `tandem.copied.${to}`, `${linkInboxes(to)}.>`],
    shared: [...alertSubjects, ...flowControl(asked)],
    questions: readCalls(asked),
  };
}

/** The same as a list of subjects. */
export function crossingSubjects(from: string, to: string): string[] {
  const { messages, shared, questions } = crossing(from, to);
  return [...messages, ...shared, ...questions.map((question) => `$JS.${to}.API.${question}`)];
}

/**
 * Inboxes of clients that name none, among them a hub of the version before: it is answered under these, so that two machines
 * that are brought up to date one after the other go on copying. None of a hub, an agent or anything that names its inboxes is like them.
 */
export const unnamedInboxes = ["_INBOX.*", "_INBOX.*.*"];
