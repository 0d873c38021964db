/** The secrets by which a machine's hub sends alerts: a file each, in a directory of the hub's alone. */
import * as pulumi from "@pulumi/pulumi";
import { OperatorError } from "../ops/error.ts";
import { notificationSecretNames } from "./notifications-conf.ts";
import type { Reach } from "./reach.ts";
import { SecretFile } from "./secret-file.ts";
import { notificationSecretsKey, type Site } from "./site.ts";

export interface MachineNotificationsArgs {
  site: Pick<Site, "machine" | "paths" | "notifications">;
  reach: Reach;
  /** Numeric user of the hub. */
  uid: number;
  /** By name. */
  secrets: Record<string, pulumi.Input<string>>;
}

/** The directory, known once all are written; undefined when there is none. A renewed one is read at its next use. */
export function machineNotifications(
  name: string,
  { site, reach, uid, secrets }: MachineNotificationsArgs,
  opts: pulumi.ComponentResourceOptions,
): pulumi.Output<string> | undefined {
  const names = notificationSecretNames(site);
  if (names.length === 0) return undefined;
  const missing = names.find((each) => secrets[each] === undefined);
  if (missing !== undefined) {
    throw new OperatorError(
      "notifications.secret",
      `notifications of ${site.machine.name} name the secret ${missing}, but the stack has none of this name`,
      `Set it through standard input: pulumi config set -s ${pulumi.getStack()} --secret --path ${notificationSecretsKey}.${missing} < FILE`,
    );
  }
  const directory = `${site.paths.config}/secrets/notifications`;
  const files = names.map((each) => {
    const content = secrets[each] ?? "";
    return new SecretFile(`${name}-notify-${each}`, { reach, path: `${directory}/${each}`, content, uid }, opts);
  });
  return pulumi.all(files.map(({ path }) => path)).apply(() => directory);
}
