/** What each alert means for those who use the fleet, in one sentence: for notifications, the API and the page alike. */
import type { AlertName } from "./alert-names.ts";

const impacts: Record<AlertName, string> = {
  "agent-unhealthy": "What this agent offers is not available, and what needs it stands still as well.",
  "budget-burning": "Clients are not served so often that what is promised of it is soon broken.",
  "certificate-expiring":
    "Once it has ended, the other hub and clients that check it speak with this one no more by that way.",
  "clock-offset": "Of two writes to one group, on either machine, the wrong one may count as the newer.",
  "hub-lost":
    "The other hub takes pushes, probes and alerts for both machines; losing it too would leave nobody who does.",
  "limit-nearly-reached": "When it is reached, new series or groups are refused; what stands goes on being replaced.",
  "machine-lost": "Nothing on that machine answers; what has a standby acts on the other one, the rest is away.",
  "nats-lost": "That machine's records go to its spool on disk, with a single copy until NATS is back.",
  "notifications-failing": "Alerts do not reach people by this channel; they wait on disk.",
  "pushgateway-lost": "Whoever scrapes that Pushgateway sees nothing; pushes to the hubs are stored all the same.",
  "records-missing": "Acknowledged records cannot be read on one machine; the history has a hole until they are found.",
  "remote-write-behind":
    "That store knows nothing new; what waits is on disk, and the oldest goes when the queue is full.",
  "service-held": "Nobody acts for this service, and its clients wait.",
  "snapshot-old": "A start of this hub takes longer the more records came since, and old records cannot be purged.",
  "spool-filling": "When the spool is full, pushes to this machine's hub are refused.",
  "store-nearly-full": "Records go before their age; when none can go any more, pushes are refused.",
  "switchover-given-up": "The service stayed where it was; what the move was for has not been done.",
  "table-unwritten": "No service moves to this machine or from it until its disk takes the table of owners again.",
  "witness-silent": "Single writers do not move by themselves while the witness is away.",
};

/** Undefined of an alert that only a newer hub knows. */
export const impactOf = (name: string): string | undefined => (impacts as Readonly<Record<string, string>>)[name];
