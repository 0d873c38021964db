/** The models of a machine, stored once and mounted read-only into every agent that loads some. */
import { posix } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Reach } from "./reach.ts";
import { runScript } from "./run-script.ts";
import { shellQuote } from "./shell.ts";

export interface ModelDirectoryArgs {
  /** How the machine is reached. */
  reach: Reach;
  /** Absolute path on the machine; made when missing. What is in it is the operator's. @example "/srv/models" */
  path: string;
}

/**
 * A file that several agents map lies in memory once, too: the kernel keeps its pages by file. What is copied to a GPU is
 * each agent's own. No Docker volume: the engine gives an empty one to whoever owns the target in an image, or, when it is
 * read-only, fails to.
 */
export class ModelDirectory extends pulumi.ComponentResource {
  /** Known once the directory is there. */
  readonly path: pulumi.Output<string>;

  constructor(name: string, args: ModelDirectoryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tandem:machine:ModelDirectory", name, {}, opts);
    const { reach, path } = args;
    if (!posix.isAbsolute(path)) throw new RangeError(`path of a ModelDirectory must be absolute, not ${path}`);
    // Owner and mode of what is there already stay the operator's.
    const script = `set -eu\nmkdir -p -- ${shellQuote(path)}`;
    const made = runScript(`${name}-make`, { script }, reach, { parent: this });
    this.path = made.urn.apply(() => path);
    this.registerOutputs({ path: this.path });
  }
}
