/** What a machine is asked before an `up`: scripts that only read. What the answers mean stands in readiness.ts. */
import { shellQuote } from "./shell.ts";

export interface EngineScriptArgs {
  /** How the script calls the engine. @example "docker" */
  docker: string;
  /** Images that the containers are made of. */
  images: readonly string[];
}

/** A stopped engine says so at once; one that hangs would never answer. */
const engineSeconds = 10;

/**
 * As the user that the Docker provider logs in as, whoever else scripts become. Where no engine answers this user nothing more
 * is asked.
 */
export function engineScript({ docker, images }: EngineScriptArgs): string {
  const version = `timeout ${engineSeconds} ${docker} version --format '{{.Server.Version}}'`;
  return [
    `said=$(${version} 2>&1 </dev/null); code=$?`,
    `[ "$code" != 124 ] || said='it did not answer within ${engineSeconds} s'`,
    `if [ "$code" = 0 ]; then printf 'engine %s\\n' "$said"`,
    `else printf 'no-engine %s\\n' "$(printf '%s' "$said" | tail -n 1)"; exit 0; fi`,
    ...images.map(
      (image) =>
        `${docker} image inspect ${shellQuote(image)} >/dev/null 2>&1 </dev/null || printf 'absent %s\\n' ${shellQuote(image)}`,
    ),
    `${docker} ps -q </dev/null | xargs -r ${docker} inspect --format 'runs {{.Name}} {{.State.Pid}}'`,
  ].join("\n");
}

export interface ReadinessScriptArgs {
  docker: string;
  /** Their disks must have room; by configuration key. @example { "paths.data": "/var/lib/tandem" } */
  directories: Record<string, string>;
  /** Asked when the user may write, `listingScript`. */
  listing: string;
}

/** As the one who writes files; where that is not root nothing more is asked. */
export function readinessScript({ docker, directories, listing }: ReadinessScriptArgs): string {
  const engineDirectory = `$(timeout ${engineSeconds} ${docker} info --format '{{.DockerRootDir}}' 2>/dev/null </dev/null)`;
  const places = Object.entries(directories).map(([key, path]) => `room ${shellQuote(key)} ${shellQuote(path)}`);
  return [
    `if [ "$(id -u)" != 0 ]; then printf 'not-root %s\\n' "$(id -un)"; exit 0; fi`,
    // Of the first process: a script that runs in a container would else see the container's own.
    "for table in tcp tcp6; do",
    '  path=/proc/1/net/$table; [ -r "$path" ] || path=/proc/net/$table',
    `  awk '$4 == "0A" { split($2, at, ":"); print "listens", at[1], at[2] }' "$path" 2>/dev/null`,
    "done",
    // Not every machine has it, and from a container it sees nothing.
    `ss -Hltnp 2>/dev/null | awk '{ print "by", $4, $6 }'`,
    "room() {",
    "  at=$2",
    '  while [ -n "$at" ] && [ ! -d "$at" ]; do at=$(dirname "$at"); done',
    `  [ -z "$at" ] || df -Pk "$at" | awk -v key="$1" 'NR == 2 { print "free", key, $4, $6 }'`,
    "}",
    ...places,
    `room docker "${engineDirectory}"`,
    listing,
  ].join("\n");
}
