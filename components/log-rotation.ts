/** Rotation and a quota for a machine's plain-text logs, run by a timer of its own and once at deploy as proof. */
import { posix } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { ConfigFile } from "./config-file.ts";
import { renderLogCare } from "./log-quota.ts";
import { installTimer, renderCron, renderService, renderTimer } from "./log-timer.ts";
import { type RotatedLog, renderLogrotateConf } from "./logrotate-conf.ts";
import type { Reach } from "./reach.ts";
import { runScript } from "./run-script.ts";
import { SecretFile } from "./secret-file.ts";

export interface LogRotationArgs {
  /** Machine's name; a label of the measurements. */
  machine: string;
  /** How the machine is reached; needs root there. */
  reach: Reach;
  /** Hub that is told what the directories hold. @example "http://192.0.2.10:9000" */
  hubUrl: pulumi.Input<string>;
  /** By which the hub knows who tells it; needs curl on the machine. @default none: the hub asks for none */
  token?: pulumi.Input<string>;
  /** Directories of logs that are measured and kept below the quota together. @example ["/srv/fleet/logs"] */
  directories: string[];
  /** Logs that nobody else rotates. @default none @example [{ path: "/srv/fleet/logs/remote_connector.log" }] */
  logs?: RotatedLog[];
  /** Names of files that rotate themselves; one of `logs` with such a name is refused. @default none */
  selfRotating?: string[];
  /** What all directories may hold together, MiB. @default 2048 */
  quotaMb?: number;
  /** Rotated files kept for each log. @default 7 */
  keep?: number;
  /** A log larger than this is rotated before its day is over, MiB. @default 10 */
  rotateMb?: number;
  /** User and group that rotates, where a directory of logs may be written by others than root. @default root @example "ops ops" */
  owner?: string;
  /** Directory of the configuration on the machine. @default "/etc/tandem/logs" */
  configDirectory?: string;
  /** Directory of logrotate's state and the measurements on the machine. @default "/var/lib/tandem/logs" */
  stateDirectory?: string;
  /** Directory of the token on the machine, root's alone. @default "/etc/tandem/secrets/logs" */
  secretDirectory?: string;
}

/**
 * Destroy leaves timer and files: `systemctl disable --now tandem-logs.timer`, or `rm /etc/cron.d/tandem-logs`, ends it.
 *
 * @example
 * new LogRotation("mainpc-logs", {
 *   machine: "mainpc", reach, hubUrl: hub.url, directories: ["/srv/fleet/logs"],
 *   logs: [{ path: "/srv/fleet/logs/remote_connector.log" }],
 * });
 */
export class LogRotation extends pulumi.ComponentResource {
  /** What starts it, and what its first run said. @example "systemd timer; logs hold 81240 KiB of 2097152 KiB, 3 %" */
  readonly proof: pulumi.Output<string>;

  constructor(name: string, args: LogRotationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tandem:machine:LogRotation", name, {}, opts);
    const { machine, reach, directories, hubUrl, logs = [], quotaMb = 2048, keep = 7, rotateMb = 10 } = args;
    const configDirectory = args.configDirectory ?? "/etc/tandem/logs";
    const stateDirectory = args.stateDirectory ?? "/var/lib/tandem/logs";
    const secretDirectory = args.secretDirectory ?? "/etc/tandem/secrets/logs";
    refuseRelative([...directories, configDirectory, stateDirectory, secretDirectory]);
    const at = (file: string) => `${configDirectory}/${file}`;
    const write = (part: string, file: string, content: pulumi.Input<string>, validate?: string) =>
      new ConfigFile(`${name}-${part}`, { reach, path: at(file), content, validate }, { parent: this });

    const confPath = logs.length === 0 ? undefined : at("logrotate.conf");
    const headerFile = args.token === undefined ? undefined : `${secretDirectory}/authorization`;
    const care = pulumi
      .output(hubUrl)
      .apply((url) =>
        renderLogCare({ machine, directories, quotaMb, confPath, stateDirectory, hubUrl: url, headerFile }),
      );
    const files = [
      write("care", "tandem-logs.sh", care, 'sh -n "$new"'),
      write("service", "tandem-logs.service", renderService(at("tandem-logs.sh"))),
      write("timer", "tandem-logs.timer", renderTimer()),
      write("cron", "tandem-logs.cron", renderCron(at("tandem-logs.sh"))),
    ];
    if (confPath !== undefined) {
      const { owner, selfRotating } = args;
      const conf = renderLogrotateConf({ logs, rotateMb, keep, owner, selfRotating });
      files.push(write("conf", "logrotate.conf", conf, checkConf));
    }
    const header = tokenFile(`${name}-token`, { reach, token: args.token, path: headerFile }, { parent: this });
    const hashes = pulumi.all(files.map(({ contentHash }) => contentHash));
    const installed = runScript(
      `${name}-run`,
      {
        script: installTimer({ configDirectory, stateDirectory, systemd: canUseSystemd(reach) }),
        // A changed file runs it again.
        stdin: hashes.apply((all) => `${all.join("\n")}\n`),
      },
      reach,
      { parent: this, dependsOn: [...files, ...header] },
    );
    this.proof = installed.stdout.apply((text) => text.trim());
    this.registerOutputs({ proof: this.proof });
  }
}

interface TokenFileArgs {
  reach: Reach;
  token: pulumi.Input<string> | undefined;
  path: string | undefined;
}

/** As the line of a request, which curl takes from a file as it is. */
function tokenFile(name: string, { reach, token, path }: TokenFileArgs, opts: pulumi.ComponentResourceOptions) {
  if (token === undefined || path === undefined) return [];
  const content = pulumi.secret(token).apply((text) => `Authorization: Bearer ${text.trim()}`);
  return [new SecretFile(name, { reach, path, content, uid: 0 }, opts)];
}

/** logrotate's debug run changes nothing, and exits with 0 on a directive that it does not know. */
const checkConf = [
  "PATH=$PATH:/usr/sbin:/sbin",
  'command -v logrotate >/dev/null || { echo "logrotate is not installed: apt-get install logrotate"; exit 1; }',
  // Its first line warns that this run does nothing.
  'said=$(logrotate -d --state /dev/null "$new" 2>&1) || { echo "$said" | grep "^error:" || echo "$said"; exit 1; }',
  'if echo "$said" | grep "^error:"; then exit 1; fi',
].join("\n");

/** From within a container's root systemctl says yes and does nothing. */
function canUseSystemd(reach: Reach): boolean {
  return reach.kind === "local" || reach.become?.kind !== "docker";
}

function refuseRelative(paths: readonly string[]): void {
  const wrong = paths.find((path) => !posix.isAbsolute(path));
  if (wrong !== undefined) throw new RangeError(`directories of a LogRotation must be absolute, not ${wrong}`);
}
