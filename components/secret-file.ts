/** A secret on a machine: a file that its one reader may read, and that no argument, environment, log or preview ever holds. */
import * as pulumi from "@pulumi/pulumi";
import { framed, secretFileScript } from "./file-script.ts";
import type { Reach } from "./reach.ts";
import { runScript } from "./run-script.ts";

export interface SecretFileArgs {
  /** How the machine is reached; its user must be allowed to give files away. */
  reach: Reach;
  /**
   * Absolute path on the machine, in a directory that the reader shares with nobody: it is made with 0700 and given to `uid`.
   * @example "/etc/tandem/nats-secrets/hub.nk"
   */
  path: string;
  /** The secret; a line end is added when it has none. Made a secret of Pulumi's if it is not one. */
  content: pulumi.Input<string>;
  /** Numeric user and group of the reader. @example 10422 */
  uid: number;
  /** Keep the directory in memory: after a reboot it is empty until the next `up`. @default false */
  tmpfs?: boolean;
  /**
   * POSIX sh, run on the machine after the file was replaced, so that the reader takes the new one without a restart. It must not
   * fail while there is no reader yet: `signalContainer` renders such a one.
   * @default nothing
   */
  reload?: pulumi.Input<string>;
}

/**
 * Rotation is a new secret in the configuration and an `up`. The old one is overwritten by rename and kept nowhere; destroy
 * leaves the file.
 *
 * @example
 * const seed = new SecretFile("mainpc-hub-seed", {
 *   reach, path: "/etc/tandem/hub-secrets/seed.nk", content: config.requireSecret("hubSeed"), uid: 10_900,
 *   reload: signalContainer(reach, "seed-reader", "HUP"),
 * });
 */
export class SecretFile extends pulumi.ComponentResource {
  /** Known once the file is written, so that readers of the path wait for it. */
  readonly path: pulumi.Output<string>;

  constructor(name: string, args: SecretFileArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tandem:machine:SecretFile", name, {}, opts);
    const { path, uid, tmpfs = false } = args;
    const script = (reload?: string) => secretFileScript({ path, uid, tmpfs, reload });
    const written = runScript(
      `${name}-write`,
      {
        script: args.reload === undefined ? script() : pulumi.output(args.reload).apply(script),
        stdin: pulumi.secret(args.content).apply((text) => framed(path, text)),
        writes: path,
      },
      args.reach,
      // What a provider gives back of its input is a secret too.
      { parent: this, additionalSecretOutputs: ["stdin"] },
    );
    this.path = written.urn.apply(() => path);
    this.registerOutputs({ path: this.path });
  }
}
