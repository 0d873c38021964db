/** Turns what a stack says of notifications into the hub's own words. */
import { NotificationsConfig, type NotificationsInput } from "../hub/notify/config.ts";
import type { Refuse } from "./site/common-checks.ts";
import type { Site } from "./site.ts";

type Said = Pick<Site, "notifications">;

/** Directory of the secrets in the hub's container, one a file. */
export const notificationSecretTarget = "/etc/tandem/notification-secrets";

/** Undefined for a site that sends nothing anywhere. */
export function notificationsConf({ notifications }: Said): NotificationsInput | undefined {
  const { channels, deadMansSwitch } = notifications;
  const { url, urlSecret } = deadMansSwitch;
  const hasSwitch = url !== "" || urlSecret !== "";
  if (channels.length === 0 && !hasSwitch) return undefined;
  const conf: object = {
    channels: channels.map(withFiles),
    ...(hasSwitch ? { deadMansSwitch: withFiles(deadMansSwitch) } : {}),
  };
  return conf as NotificationsInput; // checkNotifications holds it against the hub's own schema
}

/** Names of the secrets that it reads. */
export function notificationSecretNames({ notifications }: Said): string[] {
  const said = [...notifications.channels, notifications.deadMansSwitch];
  const names = said.flatMap((each) =>
    Object.entries(each).flatMap(([key, value]) => (isSecret(key, value) ? [String(value)] : [])),
  );
  return [...new Set(names)].toSorted();
}

/** What holds for each kind of channel, as the hub has it. */
export function checkNotifications(site: Said, refuse: Refuse): void {
  const conf = notificationsConf(site);
  if (conf === undefined) return;
  for (const { path, message } of NotificationsConfig.safeParse(conf).error?.issues ?? []) {
    const key = ["notifications", ...path.map(String)].join(".").replace(/File$/, "Secret");
    const wanted = message.replaceAll("File", "Secret");
    // A key that this kind has not is named by the message alone.
    refuse(key, wanted.startsWith("Unrecognized") ? `nothing that its kind does not have: ${wanted}` : wanted);
  }
}

const withFiles = (said: object): object =>
  Object.fromEntries(
    Object.entries(said)
      .filter(([, value]) => value !== "")
      .map(([key, value]) =>
        isSecret(key, value) ? [key.replace(/Secret$/, "File"), `${notificationSecretTarget}/${value}`] : [key, value],
      ),
  );

const isSecret = (key: string, value: unknown): boolean => key.endsWith("Secret") && value !== "";
