/**
 * The deploy lock of one machine, as scripts: POSIX sh, text in, text out. The lock is a directory of numbered files; whoever has
 * written the highest number holds it. A file comes into being with all its content or not at all, and of two who take the same
 * number one is refused.
 */
import { shellQuote } from "../../components/shell.ts";

/** @param id of the owner whose lock is taken over @default the lock must be free. The new owner is read from standard input */
export function takeScript(data: string, id = ""): string {
  return [
    ...heading(data, id),
    'mkdir -p "$lock"',
    'mine=$(mktemp "$lock/.taking.XXXXXX")',
    `trap 'rm -f "$mine"' EXIT`,
    'cat >"$mine"',
    // Of an ssh that died first nothing has come: an empty file would be a lock that nobody can free.
    '[ -s "$mine" ] || { echo "the lock\'s owner did not come" >&2; exit 1; }',
    'chmod 0644 "$mine"',
    durable('"$mine"'),
    "held=$(newest)",
    'if [ -n "$held" ] && ! mayTake "$lock/$held"; then printf "held\\n"; cat "$lock/$held"; exit 0; fi',
    'number=1; [ -z "$held" ] || number=$((held + 1))',
    // Fails when somebody else was quicker.
    'if ln "$mine" "$lock/$number" 2>/dev/null; then',
    durable('"$lock"'),
    'printf "taken\\n"; exit 0; fi',
    'printf "held\\n"',
    'cat "$lock/$(newest)"',
  ].join("\n");
}

/** Frees it where this file holds it, whatever it says, and prints `freed` then. */
export function freeFileScript(data: string, file: string): string {
  return [
    ...heading(data, ""),
    "held=$(newest)",
    `[ "$held" = ${shellQuote(file)} ] || exit 0`,
    'for one in $(numbers); do rm -f "$lock/$one"; done',
    'printf "freed\\n"',
  ].join("\n");
}

/** Prints the name of the file that holds it and what is in it; nothing when it is free. */
export function readScript(data: string): string {
  return [...heading(data, ""), "held=$(newest)", '[ -z "$held" ] || { echo "$held"; cat "$lock/$held"; }'].join("\n");
}

/** Frees it where this owner holds it, and prints `freed` then. */
export function freeScript(data: string, id: string): string {
  return [
    ...heading(data, id),
    "held=$(newest)",
    'if [ -z "$held" ] || ! mayTake "$lock/$held"; then exit 0; fi',
    // The highest number last, so that it is held until all are gone.
    'for one in $(numbers); do rm -f "$lock/$one"; done',
    'printf "freed\\n"',
  ].join("\n");
}

/** Waits until it is on the disk: after a power cut a name must not stand for content that is not there. */
export const durable = (path: string): string => `sync ${path} 2>/dev/null || sync`;

function heading(data: string, id: string): string[] {
  return [
    "set -eu",
    `lock=${shellQuote(`${data}/deploy.lock`)} id=${shellQuote(id)}`,
    'numbers() { ls "$lock" 2>/dev/null | grep -E "^[0-9]+$" | sort -n; }',
    "newest() { numbers | tail -n 1; }",
    'mayTake() { [ -n "$id" ] && grep -qF "\\"$id\\"" "$1"; }',
  ];
}
