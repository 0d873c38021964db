/** A text file on a machine that a reviewer sees line by line in the preview and a reader never sees half-written. */
import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { configFileScript, framed } from "./file-script.ts";
import type { Reach } from "./reach.ts";
import { runScript } from "./run-script.ts";

export interface ConfigFileArgs {
  /** How the machine is reached. */
  reach: Reach;
  /** Absolute path on the machine; its directory is made when missing. @example "/etc/tandem/nats/nats.conf" */
  path: string;
  /** Text of the file. Nothing secret: it stands in previews and in state. */
  content: pulumi.Input<string>;
  /** Permissions, octal. @default "0644" */
  mode?: string;
  /**
   * POSIX sh, run on the machine with `$new` as the path of the candidate, which lies in the file's own directory. When it exits
   * with other than 0 the file stays as it was, and what it printed is in the error.
   * @default no check
   * @example 'nats-server -t -c "$new"'
   */
  validate?: pulumi.Input<string>;
  /**
   * POSIX sh, run on the machine after the file was replaced; it must not fail while there is no reader yet.
   * @default nothing
   * @example signalContainer(reach, "tandem-mainpc-nats", "HUP")
   */
  reload?: string;
}

/**
 * The file replaced is kept beside it as `<name>.previous`. Destroy leaves both: a machine that is gone for good must not
 * keep its stack from being destroyed.
 *
 * @example
 * new ConfigFile("mainpc-nats-conf", { reach, path: "/etc/tandem/nats/nats.conf", content: renderNatsConf({ … }) });
 */
export class ConfigFile extends pulumi.ComponentResource {
  readonly path: pulumi.Output<string>;
  /** SHA-256 of the content, hex; a label of whoever reads the file, so that a change replaces it. */
  readonly contentHash: pulumi.Output<string>;

  constructor(name: string, args: ConfigFileArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tandem:machine:ConfigFile", name, {}, opts);
    const content = pulumi.output(args.content).apply((text) => (text.endsWith("\n") ? text : `${text}\n`));
    const { path, mode = "0644", reload } = args;
    const script = (validate?: string) => configFileScript({ path, mode, validate, reload });
    const written = runScript(
      `${name}-write`,
      {
        script: args.validate === undefined ? script() : pulumi.output(args.validate).apply(script),
        stdin: content.apply((text) => framed(path, text)),
        writes: path,
      },
      args.reach,
      { parent: this },
    );
    // Known only once written, so that readers of the path wait for the file.
    this.path = written.urn.apply(() => path);
    this.contentHash = content.apply((text) => createHash("sha256").update(text).digest("hex"));
    this.registerOutputs({ path: this.path, contentHash: this.contentHash });
  }
}
