/** A directory on a machine that belongs to one container's user and outlives every container and stack. */
import { posix } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Reach } from "./reach.ts";
import { runScript } from "./run-script.ts";
import { shellQuote } from "./shell.ts";

export interface DataDirectoryArgs {
  /** How the machine is reached; its user must be allowed to give directories away. */
  reach: Reach;
  /** Absolute path on the machine. @example "/var/lib/tandem/jetstream" */
  path: string;
  /** Numeric user and group that own it. @example 10422 */
  uid: number;
  /** Numeric group that may enter and read it, too. @default none */
  readers?: number;
}

/**
 * Made with 0700, or 0750 for `readers`, when missing; what is in it is never touched, at destroy neither. So it needs no
 * protection of the engine's, which would refuse to go back to a deployment that has not got it.
 */
export class DataDirectory extends pulumi.ComponentResource {
  /** Known once the directory is there. */
  readonly path: pulumi.Output<string>;

  constructor(name: string, args: DataDirectoryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tandem:machine:DataDirectory", name, {}, opts);
    if (!posix.isAbsolute(args.path)) {
      throw new RangeError(`path of a DataDirectory must be absolute, not ${args.path}`);
    }
    const { uid, readers } = args;
    const rights = readers === undefined ? `-m 0700 -o ${uid} -g ${uid}` : `-m 0750 -o ${uid} -g ${readers}`;
    const made = runScript(
      `${name}-make`,
      { script: `set -eu\ninstall -d ${rights} ${shellQuote(args.path)}` },
      args.reach,
      { parent: this },
    );
    this.path = made.urn.apply(() => args.path);
    this.registerOutputs({ path: this.path });
  }
}
