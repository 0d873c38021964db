/** The scripts that put a file on a machine: all of it or nothing, checked before it takes effect. POSIX sh, text in, text out. */
import { posix } from "node:path";
import { shellQuote } from "./shell.ts";

interface FileScriptArgs {
  /** Absolute path on the machine. */
  path: string;
  /** Run after the file was replaced, with `$file` as its path. @default nothing */
  reload?: string;
}

export interface ConfigFileScriptArgs extends FileScriptArgs {
  /** Permissions, octal. @example "0644" */
  mode: string;
  /** Run before the file is replaced, with `$new` as the candidate's path beside it; other than 0 refuses it. @default none */
  validate?: string;
}

export interface SecretFileScriptArgs extends FileScriptArgs {
  /** Numeric user and group that own the file and its directory. */
  uid: number;
  /** The directory lies in memory: it is mounted when it is not there yet. */
  tmpfs: boolean;
}

/** What the script reads: the text, and a last line that is missing when the connection breaks half-way. */
export function framed(path: string, text: string): string {
  return `${text}${text.endsWith("\n") ? "" : "\n"}${endOf(path)}\n`;
}

/** Replaces a file that anybody may read; the one before stays beside it as `<name>.previous`. */
export function configFileScript({ path, mode, validate, reload }: ConfigFileScriptArgs): string {
  if (!/^0[0-7]{3}$/.test(mode)) throw new RangeError(`mode of ${path} must be octal like 0644, not ${mode}`);
  return [
    ...heading(path, "ConfigFile"),
    "umask 022",
    'mkdir -p -- "$directory"',
    ...receive,
    `chmod ${mode} "$new"`,
    ...(validate === undefined ? [] : refuseUnless(validate)),
    // The same text again must not push the last different one out of `.previous`.
    'if [ -e "$file" ] && ! cmp -s -- "$new" "$file"; then cp -p -- "$file" "$file.previous"; fi',
    ...replace,
    ...(reload === undefined ? [] : [reload]),
  ].join("\n");
}

/** Replaces a file that one user alone may read, in a directory that is this user's alone; no copy stays behind. */
export function secretFileScript({ path, uid, tmpfs, reload }: SecretFileScriptArgs): string {
  if (!Number.isInteger(uid) || uid < 0) throw new RangeError(`uid of ${path} must be a whole number, not ${uid}`);
  return [
    ...heading(path, "SecretFile"),
    "umask 077",
    ...ownDirectory(uid),
    ...(tmpfs ? inMemory(uid) : []),
    // Whoever was killed half-way could not run its trap.
    'rm -f -- "$directory/.$name".??????',
    ...receive,
    'chmod 0400 "$new"',
    `chown ${uid}:${uid} "$new"`,
    ...replace,
    ...(reload === undefined ? [] : [reload]),
  ].join("\n");
}

/** Beside each file stands the hash of what was put there, so that a change by hand can be told from a change of the program. */
export function recordOf(path: string): string {
  return posix.join(posix.dirname(path), `.${posix.basename(path)}.deployed`);
}

function endOf(path: string): string {
  return `== end of ${path} ==`;
}

function heading(path: string, kind: string): string[] {
  if (!posix.isAbsolute(path)) throw new RangeError(`path of a ${kind} must be absolute, not ${path}`);
  return [
    "set -eu",
    `directory=${shellQuote(posix.dirname(path))} name=${shellQuote(posix.basename(path))}`,
    `file=${shellQuote(path)} record=${shellQuote(recordOf(path))} end=${shellQuote(endOf(path))}`,
  ];
}

/** Candidates begin with a dot: what includes whole directories must not read them. */
const receive = [
  'received=$(mktemp "$directory/.$name.XXXXXX") new=$(mktemp "$directory/.$name.XXXXXX")',
  'trap \'rm -f -- "$received" "$new"\' EXIT',
  'cat >"$received"',
  'if [ "$(tail -n 1 "$received")" != "$end" ]; then',
  '  echo "$file was not replaced: the connection broke before all of it had come. Run pulumi up again." >&2',
  "  exit 1",
  "fi",
  'sed \'$d\' "$received" >"$new"',
];

const replace = [
  'mv -f -- "$new" "$file"',
  'sha256sum <"$file" | cut -c 1-64 >"$received"',
  'mv -f -- "$received" "$record"',
];

function refuseUnless(validate: string): string[] {
  return [
    // In a subshell of its own, so that the check can neither read the rest of the input nor change this script's variables.
    `if ! said=$( ( ${validate}\n) 2>&1 </dev/null ); then`,
    '  echo "$file was not replaced: its check on the machine refused the new one." >&2',
    `  printf '%s\\n' "$said" "Correct what it names and run pulumi up again; the old file is still in place." >&2`,
    "  exit 1",
    "fi",
  ];
}

function ownDirectory(uid: number): string[] {
  return [
    // Closing a directory that others use, /etc in the worst case, would take the machine down.
    'if [ -d "$directory" ] && [ -n "$(ls -A "$directory")" ]; then',
    `  if [ "$(stat -c '%u %a' "$directory")" != '${uid} 700' ]; then`,
    '    echo "$file was not written: $directory is in use and not closed to others." >&2',
    `    echo "Choose a directory of its own, or: chown ${uid}:${uid} '$directory' && chmod 0700 '$directory'" >&2`,
    "    exit 1",
    "  fi",
    "fi",
    `if ! install -d -m 0700 -o ${uid} -g ${uid} -- "$directory"; then`,
    `  echo "$directory cannot be given to user ${uid}: reach the machine as root, or set ssh.become to sudo." >&2`,
    "  exit 1",
    "fi",
  ];
}

function inMemory(uid: number): string[] {
  return [
    // Asks for the file system, not for a mount: below /run it lies in memory already.
    'if [ "$(stat -f -c %T "$directory")" != tmpfs ]; then',
    '  rm -f -- "$file" "$record"',
    `  options=mode=0700,uid=${uid},gid=${uid},size=1m,nosuid,nodev,noexec`,
    '  if ! mount -t tmpfs -o "$options" tandem-secrets "$directory"; then',
    '    echo "$directory cannot be mounted in memory: reach the machine as root or set ssh.become to sudo," >&2',
    '    echo "or choose a directory below /run, which lies in memory already." >&2',
    "    exit 1",
    "  fi",
    "fi",
  ];
}
