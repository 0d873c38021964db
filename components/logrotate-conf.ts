/** Renders logrotate's configuration for text logs that nobody else rotates. */

export interface RotatedLog {
  /** Absolute path, no pattern: a pattern would take in logs that rotate themselves. @example "/srv/fleet/logs/remote_connector.log" */
  path: string;
  /**
   * `copytruncate`: the writer keeps its file open and is told nothing; what it writes within the copy's milliseconds is lost.
   * `create`: the file is moved and a new one made, for writers that open it anew by themselves.
   * @default "copytruncate"
   */
  method?: "copytruncate" | "create";
}

export interface LogrotateConfArgs {
  logs: readonly RotatedLog[];
  /** A log larger than this is rotated before its day is over, MiB. @example 10 */
  rotateMb: number;
  /** Rotated files kept for each log. @example 7 */
  keep: number;
  /** User and group that rotates, where a directory may be written by others than root; logrotate refuses those else. @example "ops ops" */
  owner?: string;
  /** Names of files that rotate themselves; a second rotator would cut what the first one moves. @default none */
  selfRotating?: readonly string[];
}

/** The text of the configuration; the same arguments give the same bytes. */
export function renderLogrotateConf(args: LogrotateConfArgs): string {
  for (const { path } of args.logs) refuseUnsafe(path, args.selfRotating ?? []);
  return args.logs.map((log) => block(log, args)).join("\n");
}

function block({ path, method = "copytruncate" }: RotatedLog, { rotateMb, keep, owner }: LogrotateConfArgs): string {
  const directives = [
    ...(owner === undefined ? [] : [`su ${owner}`]),
    "daily",
    `maxsize ${rotateMb}M`,
    `rotate ${keep}`,
    "missingok",
    "notifempty",
    "compress",
    // A writer that was about to write may still do so into the file that was just moved.
    "delaycompress",
    method,
  ];
  return `"${path}" {\n${directives.map((directive) => `  ${directive}\n`).join("")}}\n`;
}

function refuseUnsafe(path: string, selfRotating: readonly string[]): void {
  if (!/^\/[^\s"'\\*?[\]{}]+$/.test(path)) {
    throw new RangeError(`a log to rotate is an absolute path without patterns, quotes and spaces, not ${path}`);
  }
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (selfRotating.includes(name)) {
    throw new RangeError(
      `${path} rotates itself: a second rotator would cut what the first one moves; take it out of logs.files`,
    );
  }
}
