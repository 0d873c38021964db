/** Secrets by which a machine's hub reaches others, to send alerts or to write metrics: a file each, in a directory of the hub's alone. */
import * as pulumi from "@pulumi/pulumi";
import { OperatorError } from "../ops/error.ts";
import { notificationSecretNames } from "./notifications-conf.ts";
import type { Reach } from "./reach.ts";
import { remoteWriteSecretNames } from "./remote-write-conf.ts";
import { SecretFile } from "./secret-file.ts";
import { notificationSecretsKey, remoteWriteSecretsKey, type Site } from "./site.ts";

export interface HubSecretsArgs {
  site: Pick<Site, "machine" | "paths" | "notifications" | "remoteWrite">;
  reach: Reach;
  /** Numeric user of the hub. */
  uid: number;
  /** By name. */
  secrets: Record<string, pulumi.Input<string>>;
}

/** Of notifications. A renewed one is read at its next use. */
export const machineNotifications = (name: string, args: HubSecretsArgs, opts: pulumi.ComponentResourceOptions) =>
  hubSecrets(name, args, opts, {
    group: "notifications",
    key: notificationSecretsKey,
    names: notificationSecretNames(args.site),
    resource: "notify",
  });

/** Of remote write. A renewed one is read at its next use. */
export const machineRemoteWrite = (name: string, args: HubSecretsArgs, opts: pulumi.ComponentResourceOptions) =>
  hubSecrets(name, args, opts, {
    group: "remoteWrite",
    key: remoteWriteSecretsKey,
    names: remoteWriteSecretNames(args.site),
    resource: "remote-write",
  });

interface Use {
  /** Of the stack's configuration, which names them. */
  group: "notifications" | "remoteWrite";
  /** Of the stack's configuration, in which they are. */
  key: string;
  names: readonly string[];
  /** Part of the resources' names. */
  resource: string;
}

/** The directory, known once all are written; undefined when there is none. */
function hubSecrets(
  name: string,
  { site, reach, uid, secrets }: HubSecretsArgs,
  opts: pulumi.ComponentResourceOptions,
  { group, key, names, resource }: Use,
): pulumi.Output<string> | undefined {
  if (names.length === 0) return undefined;
  const missing = names.find((each) => secrets[each] === undefined);
  if (missing !== undefined) {
    throw new OperatorError(
      `${group}.secret`,
      `${group} of ${site.machine.name} name the secret ${missing}, but the stack has none of this name`,
      `Set it through standard input: pulumi config set -s ${pulumi.getStack()} --secret --path ${key}.${missing} < FILE`,
    );
  }
  const directory = `${site.paths.config}/secrets/${group === "remoteWrite" ? "remote-write" : group}`;
  const files = names.map((each) => {
    const content = secrets[each] ?? "";
    return new SecretFile(`${name}-${resource}-${each}`, { reach, path: `${directory}/${each}`, content, uid }, opts);
  });
  return pulumi.all(files.map(({ path }) => path)).apply(() => directory);
}
