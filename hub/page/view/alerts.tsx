/** The alerts that stand: what, where, how bad, since when, what follows from it, and what to do about it. */
import type { AlertsView, AlertView } from "../../http/api.ts";
import type { SilenceView } from "../../http/notifications-json.ts";
import { silenceOf } from "../headline/alerts.ts";
import { runbookHref } from "../runbook-links.ts";
import { clockText, countText } from "../words.ts";
import type { OperatorSeat } from "./actions.ts";
import { type Look, Mark, Since, type Tone } from "./look.tsx";
import { FormFor } from "./order-form.tsx";
import { SectionHead, sectionClass } from "./section-head.tsx";

export interface AlertsProps {
  alerts: AlertsView;
  silences: readonly SilenceView[];
  /** Address of the hub that feeds the page, with whose runbooks its alerts go; empty for the one that served it. */
  base: string;
  old: string | undefined;
  look: Look;
  operator: OperatorSeat | undefined;
}

const mostShown = 12;

export function Alerts({ alerts: { alerts }, silences, base, old, look, operator }: AlertsProps) {
  if (alerts.length === 0) return null;
  const loud = (alert: AlertView) => silenceOf(alert, silences) === undefined;
  const ordered = [...alerts.filter(loud), ...alerts.filter((alert) => !loud(alert))];
  return (
    <section class={sectionClass("alerts", old)} aria-labelledby="alerts-title">
      <SectionHead id="alerts-title" title="Alerts" count={countText(alerts.length, "stands", "stand")} old={old} />
      <ul class="rows">
        {ordered.slice(0, mostShown).map((alert) => (
          <Alert
            key={`${alert.name} ${alert.subject}`}
            {...{ alert, base, look, operator }}
            silence={silenceOf(alert, silences)}
          />
        ))}
      </ul>
      {ordered.length > mostShown ? <p>and {countText(ordered.length - mostShown, "more alert")}</p> : null}
    </section>
  );
}

interface AlertProps extends Pick<AlertsProps, "base" | "look" | "operator"> {
  alert: AlertView;
  silence: SilenceView | undefined;
}

function Alert({ alert, silence, base, look, operator }: AlertProps) {
  const { name, severity, subject, message, impact, since } = alert;
  const tone: Tone = silence !== undefined ? "unknown" : severity === "urgent" ? "trouble" : "watch";
  const target = `${name} ${subject}`;
  return (
    <li class={`is-${tone}`}>
      <Mark tone={tone} />
      <span class="what">
        {severity}
        {silence === undefined ? null : ", silenced"}
      </span>
      <span class="who">
        <strong>{subject}</strong> {name}
      </span>
      <Since instant={since} look={look} />
      <span class="deeds">
        <a href={`${base}${runbookHref(name, subject)}`}>
          Runbook<span class="unseen"> for {target}</span>
        </a>
        {operator === undefined || silence !== undefined ? null : (
          <button type="button" class="deed" onClick={() => operator.act.open({ kind: "silence", target })}>
            Silence<span class="unseen"> {target}</span>
          </button>
        )}
      </span>
      <span class="why">
        {message}
        {impact === undefined ? null : <span class="impact"> {impact}</span>}
        {silence === undefined ? null : <Silenced silence={silence} look={look} />}
      </span>
      <FormFor operator={operator} kind="silence" subject={target} />
    </li>
  );
}

function Silenced({ silence: { until, by, reason }, look }: { silence: SilenceView; look: Look }) {
  return (
    <span class="impact">
      {` Silenced until ${clockText(until, look.nowMs, look.zone)} by ${by}${reason === "" ? "" : `: ${reason}`}.`}
    </span>
  );
}
