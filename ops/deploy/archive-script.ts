/** A machine's archive of its deployments, as scripts: POSIX sh, text in, text out. */
import { shellQuote } from "../../components/shell.ts";
import { durable } from "./lock-script.ts";

const recordName = "deployment.json";
const programName = "program.tgz";
const notesName = "notes";

/** So many notes of programs are kept of each machine: of more attempts than it keeps deployments, since those that were done may be old. */
export const keptNotes = 100;

/** Prints the highest number of the site that this machine knows of, and each record as a line, the oldest first. */
export function listScript(data: string): string {
  return [
    ...heading(data),
    'echo "$(cat "$all/last" 2>/dev/null || echo 0)"',
    `for one in $(numbers); do [ ! -f "$all/$one/${recordName}" ] || cat "$all/$one/${recordName}"; done`,
  ].join("\n");
}

/** Lets the machine know of a number that is given, be it to other machines alone. */
export function numberScript(data: string, number: number): string {
  return [
    ...heading(data),
    'mkdir -p "$all"',
    `echo ${number} >"$all/.last.new"`,
    'mv -f "$all/.last.new" "$all/last"',
  ].join("\n");
}

/** Writes a record, whole or not at all. The record, one line, is read from standard input. */
export function recordScript(data: string, number: number): string {
  return [...heading(data), ...receive(number, recordName, "cat")].join("\n");
}

/** Lets the oldest go, but never what the machine runs and what it would go back to, however many were in vain since. */
export function pruneScript(data: string, keep: number): string {
  return [
    ...heading(data),
    `is_done() { grep -q '"outcome":"done"' "$all/$1/${recordName}" 2>/dev/null; }`,
    'spared=$(for one in $(numbers); do ! is_done "$one" || echo "$one"; done | tail -n 2)',
    `numbers | head -n -${keep} | while read -r one; do`,
    '  case " $(echo $spared) " in *" $one "*) ;; *) rm -rf "$all/$one" ;; esac',
    "done",
  ].join("\n");
}

/** Lets every one before `number` go. */
export function forgetScript(data: string, number: number): string {
  return [
    ...heading(data),
    `numbers | while read -r one; do [ "$one" -ge ${number} ] || rm -rf "$all/$one"; done`,
  ].join("\n");
}

/** Stores a program, given as base64 by standard input. */
export function storeScript(data: string, number: number): string {
  return [...heading(data), ...receive(number, programName, "base64 -d")].join("\n");
}

/** Prints a program as base64. */
export function fetchScript(data: string, number: number): string {
  return [...heading(data), `base64 <"$all/${number}/${programName}"`].join("\n");
}

/**
 * Notes the SHA-256 of each machine's program, so that this machine can vouch for it. Those of a machine are a file of lines, the newest last.
 * @param digests by the machine that keeps the program
 */
export function noteScript(data: string, number: number, digests: ReadonlyMap<string, string>): string {
  const each = [...digests].flatMap(([machine, digest]) => [
    notesOf(machine),
    `mkdir -p "$all/${notesName}"`,
    `new=$(mktemp "$all/${notesName}/.new.XXXXXX")`,
    `trap 'rm -f "$new"' EXIT`,
    `{ grep -v "^${number} " "$notes" 2>/dev/null || true; echo "${number} ${digest}"; } | tail -n ${keptNotes} >"$new"`,
    durable('"$new"'),
    'mv -f "$new" "$notes"',
    durable(`"$all/${notesName}"`),
  ]);
  return [...heading(data), ...each].join("\n");
}

/** Prints what this machine noted of another one's program, as `noted <SHA-256>`, and what it keeps itself under that number, as `own <SHA-256>`. */
export function digestScript(data: string, machine: string, number: number): string {
  return [
    ...heading(data),
    notesOf(machine),
    `sed -n "s/^${number} /noted /p" "$notes" 2>/dev/null || true`,
    `own="$all/${number}/${programName}"`,
    '[ ! -f "$own" ] || echo "own $(sha256sum <"$own")"',
  ].join("\n");
}

const notesOf = (machine: string) => `notes="$all/${notesName}/"${shellQuote(machine)}`;

/** Others need not read it: it holds the site's secrets, if encrypted ones. */
function heading(data: string): string[] {
  return [
    "set -eu",
    "umask 077",
    `all=${shellQuote(`${data}/deployments`)}`,
    'numbers() { ls "$all" 2>/dev/null | grep -E "^[0-9]+$" | sort -n; }',
  ];
}

function receive(number: number, name: string, read: string): string[] {
  return [
    `at="$all/${number}"`,
    'mkdir -p "$at"',
    `new=$(mktemp "$at/.${name}.XXXXXX")`,
    `trap 'rm -f "$new"' EXIT`,
    `${read} >"$new"`,
    `[ -s "$new" ] || { echo "${name} of deployment ${number} did not come" >&2; exit 1; }`,
    durable('"$new"'),
    `mv -f "$new" "$at/${name}"`,
    durable('"$at"'),
  ];
}
