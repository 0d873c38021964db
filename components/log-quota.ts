/** Renders what a machine runs every quarter of an hour for its logs: rotate, measure, warn, and delete before the disk is full. */
import { shellQuote } from "./shell.ts";

export interface LogCareArgs {
  /** Machine's name; a label of the measurements. */
  machine: string;
  /** Directories that are measured together. @example ["/srv/fleet/logs"] */
  directories: readonly string[];
  /** What they may hold together, MiB; above it rotated files are deleted, oldest first, and at 80 % of it a warning is given. */
  quotaMb: number;
  /** logrotate's configuration; undefined when there is nothing to rotate. */
  confPath: string | undefined;
  /** Directory for logrotate's state and the measurements. */
  stateDirectory: string;
  /** Hub that is told the measurements. @example "http://192.0.2.10:9000" */
  hubUrl: string;
  /** File of root's alone with the line of a request that shows the hub a token. @default none: the hub asks for none */
  headerFile?: string;
}

const warnPercent = 80;

/** The group of a machine's measurements. */
export const logGroup = (machine: string): [label: string, value: string][] => [
  ["job", "log-quota"],
  ["machine", machine],
];

/** The text of the script; it exits with 1 when logrotate fails, after the rest is done. */
export function renderLogCare(args: LogCareArgs): string {
  const { machine, directories, quotaMb, confPath, stateDirectory, hubUrl, headerFile } = args;
  const group = `${hubUrl}/metrics/${logGroup(machine).flat().join("/")}`;
  return `${[
    "#!/bin/sh",
    "# Rotates the machine's logs, measures them, and keeps them below their quota by deleting rotated files, never live ones.",
    "set -u",
    "PATH=$PATH:/usr/sbin:/sbin",
    `state=${shellQuote(stateDirectory)} quota_mb=${quotaMb} group=${shellQuote(group)}`,
    "failed=0 deleted=0",
    'say() { echo "$2"; logger -t tandem-logs -p "user.$1" -- "$2" 2>/dev/null || true; }',
    "measured() {",
    '  kb=$(du -sk "$1" 2>/dev/null | cut -f 1)',
    '  echo "$((kb))"',
    "}",
    ...(confPath === undefined ? [] : rotate(confPath)),
    "",
    `set -- ${directories.map(shellQuote).join(" ")}`,
    'for directory; do [ -d "$directory" ] || say warning "$directory is not there, so nothing in it is measured"; done',
    ...keepBelow,
    ...report(directories),
    "# A hub that is away is told the next time.",
    ...(headerFile === undefined ? tellOpenly : tellWith(headerFile)),
    'echo "logs hold $used KiB of $quota KiB, $percent %"',
    'exit "$failed"',
  ].join("\n")}\n`;
}

function rotate(confPath: string): string[] {
  return [
    `if ! said=$(logrotate --state "$state/logrotate.status" ${shellQuote(confPath)} 2>&1); then`,
    '  say err "logrotate failed: $said"',
    "  failed=1",
    "fi",
  ];
}

const keepBelow = [
  "# Rotated files, oldest first, by paths that lead through no link.",
  "rotated() {",
  "  for directory; do",
  `    above=$(cd -P -- "\${directory%/*}/" 2>/dev/null && pwd) || continue`,
  `    find "\${above%/}/\${directory##*/}" -xdev -type f ! -path "*$newline*" \\( -name "*.log.[0-9]*" -o -name "*.log-[0-9]*" \\) -exec stat -c "%Y %b %n" {} + 2>/dev/null`,
  "  done | sort -n",
  "}",
  "# Only where it was found: who may write there may have put a link in the place of a directory since.",
  `remove() { (cd -P -- "\${1%/*}" && [ "$PWD/\${1##*/}" = "$1" ] && rm -f -- "\${1##*/}") 2>/dev/null; }`,
  "total() {",
  "  sum=0",
  '  for directory; do sum=$((sum + $(measured "$directory"))); done',
  '  echo "$sum"',
  "}",
  'used=$(total "$@") quota=$((quota_mb * 1024))',
  'if [ "$used" -gt "$quota" ]; then',
  "  # A name with a line end would be read as two names, the second of the namer's choice.",
  "  newline='",
  "'",
  '  list=$(rotated "$@")',
  '  while [ "$used" -gt "$quota" ] && read -r _ blocks path && [ -n "$path" ]; do',
  '    remove "$path" && used=$((used - blocks / 2)) deleted=$((deleted + 1))',
  "  done <<LIST",
  "$list",
  "LIST",
  '  used=$(total "$@")',
  "fi",
  "percent=$((used * 100 / quota))",
  '[ "$deleted" -eq 0 ] || say warning "logs were above their quota of $quota_mb MiB: deleted the $deleted oldest rotated files"',
  'if [ "$used" -gt "$quota" ]; then say err "logs hold $percent % of their quota of $quota_mb MiB, and no rotated file is left to delete"',
  `elif [ "$percent" -ge ${warnPercent} ]; then say warning "logs hold $percent % of their quota of $quota_mb MiB"; fi`,
];

function report(directories: readonly string[]): string[] {
  return [
    'new="$state/log-quota.prom.new"',
    "{",
    "  echo '# HELP log_directory_bytes What a directory of logs holds on disk.'",
    "  echo '# TYPE log_directory_bytes gauge'",
    ...directories.map((directory) => {
      const sample = `log_directory_bytes{directory="${directory.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"}`;
      return `  printf '%s %s\\n' ${shellQuote(sample)} "$(($(measured ${shellQuote(directory)}) * 1024))"`;
    }),
    "  echo '# HELP log_directory_quota_bytes What all directories of logs on the machine may hold together.'",
    "  echo '# TYPE log_directory_quota_bytes gauge'",
    '  echo "log_directory_quota_bytes $((quota * 1024))"',
    "  echo '# HELP log_directory_deleted_files Rotated files that the last run deleted to stay below the quota.'",
    "  echo '# TYPE log_directory_deleted_files gauge'",
    '  echo "log_directory_deleted_files $deleted"',
    '} >"$new" && mv -f -- "$new" "$state/log-quota.prom"',
  ];
}

const put = '-X PUT --data-binary "@$state/log-quota.prom" "$group" >/dev/null 2>&1';
const notTaken = 'say notice "the hub took no measurements at $group"';

const tellOpenly = [
  `curl -fsS -m 10 ${put} ||`,
  '  wget -q -T 10 -t 1 -O /dev/null --post-file "$state/log-quota.prom" "$group" 2>/dev/null ||',
  `  ${notTaken}`,
];

function tellWith(headerFile: string): string[] {
  return [
    "# By curl alone, which reads the token from a file: in an argument whoever lists processes would see it.",
    `if ! command -v curl >/dev/null; then say notice "the hub is told no measurements: without curl its token cannot be shown"`,
    `else curl -fsS -m 10 -H @${shellQuote(headerFile)} ${put} || ${notTaken}; fi`,
  ];
}
