/** Whether the people of a site are told of its alerts; pure. */
import type { NotificationsView } from "../../hub/http/notifications-json.ts";
import { type Check, ok, warn } from "./check.ts";

const name = "notifications";

/** @param view of the machine's hub; undefined when it does not tell */
export function checkChannels(view: NotificationsView | undefined): Check[] {
  if (view === undefined) return [];
  const { channels, deadMansSwitch } = view;
  if (channels.length === 0)
    return [warn(name, "nobody is told of alerts", "Set notifications.channels of both stacks, docs/alerting.md")];
  const failing = channels.flatMap(({ name: channel, error, queued }) =>
    error === null
      ? []
      : [warn(name, `${channel} fails: ${error}; ${queued} wait`, `tandem alert test --channel ${channel}`)],
  );
  return [
    ...(failing.length > 0 ? failing : [ok(name, `told by ${channels.map((channel) => channel.name).join(", ")}`)]),
    ...checkSwitch(deadMansSwitch),
  ];
}

function checkSwitch(said: NotificationsView["deadMansSwitch"]): Check[] {
  if (said === null)
    return [
      warn(name, "nobody notices when both machines are gone", "Set notifications.deadMansSwitch of both stacks"),
    ];
  const { error } = said;
  return error === null
    ? []
    : [warn(name, `the dead-man's switch is not reached: ${error}`, "Try its URL from the machine with curl")];
}
