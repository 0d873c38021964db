/** Alerts, silences and channels by the hubs' own words, as text for a person and as an exit code for a script. */
import type { AlertView } from "../../hub/http/api.ts";
import type { NotificationsView, SilenceView, TestAnswer } from "../../hub/http/notifications-json.ts";
import { age } from "../age.ts";
import { align } from "../align.ts";
import { oneLine } from "../one-line.ts";

export interface HubChannels {
  url: string;
  /** Undefined when the hub did not answer. */
  view: NotificationsView | undefined;
}

/** 0: nothing urgent stands. 1: something does. 2: no hub answers. */
export function alertsCode(alerts: readonly AlertView[] | undefined): 0 | 1 | 2 {
  if (alerts === undefined) return 2;
  return alerts.some(({ severity }) => severity === "urgent") ? 1 : 0;
}

export function alertsText(
  alerts: readonly AlertView[] | undefined,
  silences: readonly SilenceView[],
  silent: readonly string[],
  nowMs: number,
): string {
  const unanswered = silent.map((url) => `no answer from ${url}`);
  if (alerts === undefined) return unanswered.join("\n");
  const isSilenced = ({ name, subject }: AlertView) =>
    silences.some(({ target }) => target === name || target === `${name} ${subject}`);
  const lines = alerts.flatMap((alert) => {
    const { severity, name, subject, since, message, impact, runbook } = alert;
    const head = `${severity}  ${name} of ${subject}, for ${ago(since, nowMs)}${isSilenced(alert) ? ", silenced" : ""}`;
    return [head, `  ${message}`, ...(impact === undefined ? [] : [`  impact   ${impact}`]), `  runbook  ${runbook}`];
  });
  const quiet = silences.map(
    ({ target, until, reason, by }) => `silenced until ${until}: ${target}, ${reason} (${by})`,
  );
  return [...(lines.length === 0 ? ["nothing stands"] : lines), ...quiet, ...unanswered].map(oneLine).join("\n");
}

/** 0: every channel's last attempt arrived. 1: one fails, or the dead-man's switch is not reached. 2: no hub answers. */
export function channelsCode(hubs: readonly HubChannels[]): 0 | 1 | 2 {
  const views = hubs.flatMap(({ view }) => view ?? []);
  if (views.length === 0) return 2;
  const fails = views.some(
    ({ channels, deadMansSwitch }) => channels.some(({ error }) => error !== null) || deadMansSwitch?.error != null,
  );
  return fails ? 1 : 0;
}

const columns = ["hub", "channel", "kind", "at least", "waiting", "delivered", "last", "error"];

export function channelsText(hubs: readonly HubChannels[], nowMs: number): string {
  const last = (at: string | null) => (at === null ? "never" : `${ago(at, nowMs)} ago`);
  const rows = hubs.flatMap(({ view }) =>
    (view?.channels ?? []).map(({ name, kind, atLeast, queued, delivered, lastDeliveredAt, error }) => {
      const counts = [String(queued), String(delivered), last(lastDeliveredAt)];
      return [view?.machine ?? "", name, kind, atLeast, ...counts, error ?? ""];
    }),
  );
  const others = hubs.flatMap(({ url, view }): string[] => {
    if (view === undefined) return [`no answer from ${url}`];
    const { machine, channels, deadMansSwitch } = view;
    const none = channels.length === 0 ? [`the hub of ${machine} sends alerts nowhere (docs/alerting.md)`] : [];
    if (deadMansSwitch === null) return none;
    const { lastSaidAt, error } = deadMansSwitch;
    const why = error === null ? "" : `; ${error}`;
    return [...none, `the dead-man's switch of ${machine} was told ${last(lastSaidAt)}${why}`];
  });
  return [...(rows.length === 0 ? [] : align([columns, ...rows])), ...others.map(oneLine)].join("\n");
}

export function testText(answers: readonly TestAnswer[]): string {
  return answers
    .flatMap(({ machine, channels }) =>
      channels.map(({ channel, ok, error, tookMs }) => {
        const said = ok ? `took it after ${tookMs} ms` : `did not take it: ${error}`;
        return oneLine(`${machine}, ${channel}: ${said}`);
      }),
    )
    .join("\n");
}

const ago = (at: string, nowMs: number): string => age(nowMs - Date.parse(at));
