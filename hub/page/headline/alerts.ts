/** Alerts of which the rest of the headline does not know: of most it tells from the fleet itself, sooner and in its own words. */
import type { AlertView } from "../../http/api.ts";
import type { SilenceView } from "../../http/notifications-json.ts";
import { listText } from "../words.ts";
import type { Finding, Sight } from "./finding.ts";

/** Told of from fleet, ledger and services. */
const toldElsewhere: ReadonlySet<string> = new Set([
  "agent-unhealthy",
  "hub-lost",
  "machine-lost",
  "nats-lost",
  "pushgateway-lost",
  "records-missing",
  "service-held",
]);

/** The ledger tells what is missing on the machine of the hub that answers, no other one's. */
const isToldElsewhere = ({ name, subject }: AlertView, { fleet }: Sight): boolean =>
  toldElsewhere.has(name) && (name !== "records-missing" || subject === fleet.machine);

export function alertFindings(sight: Sight, alerts: readonly AlertView[], silences: readonly SilenceView[]): Finding[] {
  return alerts
    .filter((alert) => !isToldElsewhere(alert, sight) && silenceOf(alert, silences) === undefined)
    .map((alert) => ({
      level: alert.severity === "urgent" ? "trouble" : "watch",
      title: `${withoutStop(alert.message)}, ${sight.since(alert.since)}`,
      details: alert.impact === undefined ? [] : [alert.impact],
    }));
}

/** A sentence on those that somebody chose not to hear of; undefined when there are none. */
export function silencedText(alerts: readonly AlertView[], silences: readonly SilenceView[]): string | undefined {
  const silenced = alerts.filter((alert) => silenceOf(alert, silences) !== undefined);
  if (silenced.length === 0) return undefined;
  const names = listText(silenced.map(({ name, subject }) => `${name} of ${subject}`));
  return `${names} ${silenced.length === 1 ? "stands and is" : "stand and are"} silenced.`;
}

/** The silence that an alert falls under. */
export const silenceOf = (
  { name, subject }: Pick<AlertView, "name" | "subject">,
  silences: readonly SilenceView[],
): SilenceView | undefined => silences.find(({ target }) => target === name || target === `${name} ${subject}`);

const withoutStop = (text: string) => text.replace(/\.$/, "");
