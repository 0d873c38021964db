/** Runs scripts and containers on a machine as resources of a stack, by the way that it is reached. */
import { local, remote, types } from "@pulumi/command";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { hostPort } from "./address.ts";
import { ownerScript, type Reach, type SshReach } from "./reach.ts";
import { type Jump, sharedSshOptions } from "./ssh.ts";

export interface ScriptArgs {
  /** POSIX sh; quiet, since what it prints lands in state. */
  script: pulumi.Input<string>;
  /** What the script reads; a change runs it again and is shown line by line in the preview. */
  stdin?: pulumi.Input<string>;
  /** Path of the file that the script writes; when it was changed by hand the script runs again. @default none */
  writes?: string;
}

/** Runs a script on the machine when it is created and whenever it or its input changes; nothing is run at destroy. */
export function runScript(
  name: string,
  args: ScriptArgs,
  reach: Reach,
  opts: pulumi.CustomResourceOptions,
): local.Command | remote.Command {
  const change = args.writes === undefined ? undefined : reach.found?.changeOf(args.writes);
  const common = {
    create: pulumi.output(args.script).apply((script) => ownerScript(script, reach)),
    stdin: args.stdin,
    triggers: change === undefined ? undefined : [change],
    // sshd refuses variables that its AcceptEnv does not name.
    addPreviousOutputInEnv: false,
  };
  // A file that is as it was keeps the trigger of its last repair, whatever that was: docs/decisions/006-file-drift.md.
  const options = change === undefined ? pulumi.mergeOptions(opts, { ignoreChanges: ["triggers"] }) : opts;
  if (reach.kind === "local") {
    return new local.Command(name, { ...common, logging: types.enums.local.Logging.None }, options);
  }
  return new remote.Command(
    name,
    { ...common, logging: types.enums.remote.Logging.None, connection: connection(reach) },
    options,
  );
}

/** Arguments of the Docker provider for a machine. */
export function dockerProviderArgs(reach: Reach): docker.ProviderArgs {
  if (reach.kind === "local") return { host: reach.socket };
  return {
    host: `ssh://${reach.user}@${hostPort(reach.host, reach.port)}`,
    sshOpts: sharedSshOptions(reach),
  };
}

function connection({ host, port, user, hostKey, jump }: SshReach): types.input.remote.ConnectionArgs {
  // Without a host key the provider would trust whoever answers.
  const to = (end: Jump) => ({ ...end, perDialTimeout: 10, dialErrorLimit: 3 });
  return { ...to({ host, port, user, hostKey }), ...(jump === undefined ? {} : { proxy: to(jump) }) };
}
