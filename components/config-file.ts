/** A text file on a machine that a reviewer sees line by line in the preview and a reader never sees half-written. */
import { createHash } from "node:crypto";
import { posix } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { type Reach, runScript, shellQuote } from "./reach.ts";

export interface ConfigFileArgs {
  /** How the machine is reached. */
  reach: Reach;
  /** Absolute path on the machine; its directory is made when missing. @example "/etc/tandem/nats/nats.conf" */
  path: string;
  /** Text of the file. Nothing secret: it stands in previews and in state. */
  content: pulumi.Input<string>;
  /** Permissions, octal. @default "0644" */
  mode?: string;
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
    const written = runScript(
      `${name}-write`,
      {
        script: replaceScript(args.path, args.mode ?? "0644"),
        stdin: content.apply((text) => `${text}${endOf(args.path)}\n`),
      },
      args.reach,
      { parent: this },
    );
    // Known only once written, so that readers of the path wait for the file.
    this.path = written.urn.apply(() => args.path);
    this.contentHash = content.apply((text) => createHash("sha256").update(text).digest("hex"));
    this.registerOutputs({ path: this.path, contentHash: this.contentHash });
  }
}

/** The last line of the input: a connection that breaks half-way delivers an input without it. */
function endOf(path: string): string {
  return `== end of ${path} ==`;
}

function replaceScript(path: string, mode: string): string {
  if (!posix.isAbsolute(path)) throw new RangeError(`path of a ConfigFile must be absolute, not ${path}`);
  if (!/^0[0-7]{3}$/.test(mode)) throw new RangeError(`mode of ${path} must be octal like 0644, not ${mode}`);
  return [
    "set -eu",
    "umask 022",
    `directory=${shellQuote(posix.dirname(path))} file=${shellQuote(path)} end=${shellQuote(endOf(path))}`,
    'mkdir -p -- "$directory"',
    'received=$(mktemp "$file.XXXXXX") new=$(mktemp "$file.XXXXXX")',
    'trap \'rm -f -- "$received" "$new"\' EXIT',
    'cat >"$received"',
    'if [ "$(tail -n 1 "$received")" != "$end" ]; then',
    '  echo "$file was not replaced: the connection broke before all of it had come. Run pulumi up again." >&2',
    "  exit 1",
    "fi",
    'sed \'$d\' "$received" >"$new"',
    `chmod ${mode} "$new"`,
    'if [ -e "$file" ]; then cp -p -- "$file" "$file.previous"; fi',
    'mv -f -- "$new" "$file"',
  ].join("\n");
}
