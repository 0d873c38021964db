/** What the doctor asks a machine of its directories: parts of the same script, and the reading of what they print. */
import { shellQuote } from "../../components/shell.ts";

export interface DirectoryFacts {
  path: string;
  /** Mode octal, such as `700`; undefined when it is not there. */
  rights: { mode: string; uid: number; gid: number } | undefined;
}

/**
 * @param roots that must be there whatever containers have
 * @param inspect script that prints, by the template behind it, of each container of the machine
 */
export function directoriesScript(roots: readonly string[], inspect: string): string {
  const binds = `'{{range .Mounts}}{{if eq .Type "bind"}}{{println .Source}}{{end}}{{end}}'`;
  return [
    "section directories",
    // Another than root may not look into what belongs to containers.
    `if [ "$(id -u)" = 0 ]; then`,
    `  { printf '%s\\n' ${roots.map(shellQuote).join(" ")}; ${inspect} ${binds}; } |`,
    `    sort -u | while IFS= read -r path; do [ -z "$path" ] || stat -c '%a %u %g %n' "$path" 2>/dev/null || echo "missing $path"; done`,
    "fi",
  ].join("\n");
}

/** @param fstab @default "/etc/fstab" */
export function unmountedScript(directory: string, fstab = "/etc/fstab"): string {
  return [
    `section unmounted; awk '$1 !~ /^#/ && $2 ~ /^\\/./ { print $2 }' ${shellQuote(fstab)} 2>/dev/null | while IFS= read -r at; do`,
    `  case ${shellQuote(`${directory}/`)} in "$at"/*) command -v mountpoint >/dev/null && ! mountpoint -q "$at" && echo "$at" ;; esac`,
    "done",
  ].join("\n");
}

/** A line of `directoriesScript`; nothing of another one. */
export function directoryIn(line: string): DirectoryFacts[] {
  const [, missing] = /^missing (\/.*)$/.exec(line) ?? [];
  if (missing !== undefined) return [{ path: missing, rights: undefined }];
  const [, mode = "", uid, gid, path] = /^(\d+) (\d+) (\d+) (\/.*)$/.exec(line) ?? [];
  return path === undefined ? [] : [{ path, rights: { mode, uid: Number(uid), gid: Number(gid) } }];
}
