/** The script that searches one machine for secrets, and the reading of what it found. */
import type { Pattern } from "./patterns.ts";

export interface Finding {
  secret: string;
  /** What kind of place: `process`, `environment`, `container`, `image`, `log`, `file`, `state`, `plan`. */
  place: string;
  /** Which one: a process with its number, a container's name, a path. Never the value. */
  where: string;
}

/** Somebody else's secret, by the name that it goes by; its value is not known here. */
export interface Foreign {
  name: string;
  place: "process" | "environment";
  where: string;
}

export interface ScanResult {
  findings: Finding[];
  foreign: Foreign[];
  /** What was looked through: `processes 143`. */
  looked: string[];
}

const separator = "\t";

/**
 * How many lines follow, and lines of `secret TAB text`: the script's input, which is the only way that values take. It must stay
 * open: when it ends, so does the search.
 */
export function scanInput(patterns: readonly Pattern[]): string {
  return `${patterns.length}\n${patterns.map(({ secret, text }) => `${secret}${separator}${text}\n`).join("")}`;
}

/** With which the script ends when something could not be read that should be: nothing can be said of the machine then. */
export const scanUnread = 4;

/** Runs as root under any POSIX sh. @param logDirectories searched beside /var/log */
export function scanScript(configDirectory: string, logDirectories: readonly string[]): string {
  const quoted = ["/var/log", ...logDirectories].map((path) => `'${path}'`).join(" ");
  return `set -u
umask 077
# Bytes, not characters: several times as fast.
export LC_ALL=C
unread() { echo "$1" >&2; exit ${scanUnread}; }
# In memory where there is such a place, so that the search leaves no copy on a disk.
work=$(mktemp -d /dev/shm/tandem.XXXXXX 2>/dev/null || mktemp -d) || unread "there is no place for what is searched for"
disk=
watch=
trap 'rm -rf "$work"; [ -z "$disk" ] || rm -rf "$disk"; [ -z "$watch" ] || kill "$watch" 2>/dev/null' EXIT
trap 'exit 1' HUP INT TERM PIPE
disk=$(mktemp -d /var/tmp/tandem.XXXXXX) || unread "there is no place in /var/tmp for the layers of images"
exec 3<&0 </dev/null
read -r lines <&3 || { echo "nothing to search for" >&2; exit 2; }
{ head -n "$lines" <&3 >"$work/all" && cut -f2- "$work/all" >"$work/patterns"; } || unread "there is no room for what is searched for"
[ -s "$work/patterns" ] || { echo "nothing to search for" >&2; exit 2; }
# Nobody tells a script at the far end of a connection that its operator has left, but its input ends then.
(while read -r _; do :; done; kill -TERM "$$") <&3 >/dev/null 2>&1 &
watch=$!
exec 3<&-

# Says which secrets stand in the input, once each. Ends with another code than 0 when it cannot tell.
report() {
  grep -a -F -f "$work/patterns" >"$work/text"
  case $? in 0) ;; 1) return 0 ;; *) unread "there is no room to search $1 $2" ;; esac
  cut -f1 "$work/all" | sort -u | while IFS= read -r secret; do
    awk -F '\\t' -v want="$secret" '$1 == want { sub(/^[^\\t]*\\t/, ""); print }' "$work/all" >"$work/one" || unread "there is no room to search $1 $2"
    if grep -a -q -F -f "$work/one" "$work/text"; then printf 'finding\\t%s\\t%s\\t%s\\n' "$secret" "$1" "$2"; fi
  done
}

# A pipe ends as its last part does: that an earlier one has failed is noted.
noting() { "$@" || : >"$work/failed"; }
has_failed() { [ -e "$work/failed" ] && rm "$work/failed"; }
# What has gone since it was listed is nothing to search.
is_gone() { grep -q -i -E 'no such (object|container|image)' "$work/error"; }

# Which processes are worth a closer look, found by one search of all and not by a dozen of each.
{
  grep -a -l -F -f "$work/patterns" /proc/[0-9]*/cmdline /proc/[0-9]*/environ
  grep -a -l -i -E 'requirepass|passw|passphrase|token|secret|api[_-]?key' /proc/[0-9]*/cmdline /proc/[0-9]*/environ
} 2>/dev/null | cut -d/ -f3 | sort -un >"$work/suspects"
while IFS= read -r pid; do
  process=/proc/$pid
  [ "$pid" = "$$" ] && continue
  { tr '\\0' '\\n' <"$process/cmdline" >"$work/command" && tr '\\0' '\\n' <"$process/environ" >"$work/environment"; } 2>/dev/null || continue
  [ -s "$work/command" ] || continue
  # Not by its arguments: the first of them may be the secret.
  name="$(basename "$(readlink "$process/exe")") (pid $pid)"
  report process "$name" <"$work/command"
  report environment "$name" <"$work/environment"
  grep -a -o -i -E '^--?[a-z-]*(requirepass|password|passwd|token|secret|api-?key)(=|$)' "$work/command" | tr -d '=' |
    while IFS= read -r key; do printf 'foreign\\t%s\\tprocess\\t%s\\n' "$key" "$name"; done
  grep -a -o -i -E '^[A-Z0-9_]*(PASSWORD|PASSWD|TOKEN|SECRET|API_KEY|PASSPHRASE)=.' "$work/environment" | sed 's/=.$//' |
    while IFS= read -r key; do printf 'foreign\\t%s\\tenvironment\\t%s\\n' "$key" "$name"; done
done <"$work/suspects"
printf 'looked\\tprocesses\\t%s\\n' "$(grep -a -l . /proc/[0-9]*/cmdline 2>/dev/null | wc -l)"

if command -v docker >/dev/null 2>&1; then
  docker ps -aq >"$work/containers" || { echo "the Docker engine does not answer" >&2; exit 3; }
  while IFS= read -r id; do
    docker inspect "$id" >"$work/inspected" 2>"$work/error" || { is_gone && continue; unread "container $id: $(cat "$work/error")"; }
    name=$(docker inspect --format '{{.Name}}' "$id" 2>/dev/null | sed 's#^/##')
    report container "$name" <"$work/inspected"
    noting docker logs "$id" 2>&1 | report log "container $name" || exit ${scanUnread}
    if has_failed; then
      driver=$(docker inspect --format '{{.HostConfig.LogConfig.Type}}' "$id" 2>"$work/error") || { is_gone && continue; unread "container $name: $(cat "$work/error")"; }
      # Others keep nothing here that could be read.
      case $driver in json-file | local | journald) unread "docker logs $name fails" ;; esac
    fi
  done <"$work/containers"
  printf 'looked\\tcontainers\\t%s\\n' "$(wc -l <"$work/containers")"

  docker ps -aq --filter label=tandem.machine >"$work/ours" || unread "the Docker engine does not list the pair's containers"
  docker images -q --no-trunc --filter 'reference=tandem-*' >"$work/listed" || unread "the Docker engine does not list images"
  while IFS= read -r id; do
    docker inspect --format '{{.Image}}' "$id" 2>"$work/error" >>"$work/listed" || is_gone || unread "container $id: $(cat "$work/error")"
  done <"$work/ours"
  sort -u "$work/listed" >"$work/candidates" || unread "there is no room for the list of images"
  : >"$work/images"
  name_of() { docker image inspect --format '{{if .RepoTags}}{{index .RepoTags 0}}{{else}}{{.Id}}{{end}}' "$1" 2>/dev/null; }
  while IFS= read -r image; do
    { docker image inspect "$image" && docker history --no-trunc --format '{{.CreatedBy}}' "$image"; } >"$work/inspected" 2>"$work/error" ||
      { is_gone && continue; unread "image $image: $(cat "$work/error")"; }
    report image "$(name_of "$image")" <"$work/inspected"
    echo "$image" >>"$work/images" || unread "there is no room for the list of images"
  done <"$work/candidates"
  mkdir "$disk/images" || unread "there is no room for the layers of images"
  # All in one, so that a layer which several share is read once.
  if [ -s "$work/images" ]; then
    noting xargs docker save <"$work/images" | tar -x -f - -C "$disk/images" || unread "layers of images could not be unpacked"
    if has_failed; then unread "docker save fails"; fi
  fi
  holders() {
    sed 's/}/}\\n/g' "$disk/images/manifest.json" | grep -F -e "$1" | sed -n 's/.*"Config":"\\([^"]*\\)".*/\\1/p' |
      while IFS= read -r config; do name_of "$(basename "$config" .json)"; done | paste -s -d, -
  }
  # Layers are archives, on some engines compressed ones; what a later layer removed is still in an earlier one.
  find "$disk/images" -type f >"$work/layers"
  while IFS= read -r layer; do
    zcat -f <"$layer" | grep -a -q -F -f "$work/patterns" || continue
    zcat -f <"$layer" | report image "$(holders "\${layer#"$disk/images/"}"), a layer" || exit ${scanUnread}
  done <"$work/layers"
  printf 'looked\\timages\\t%s\\n' "$(wc -l <"$work/images")"
fi

# Secret files are where secrets belong; whether they are closed is the doctor's question.
look_through() {
  place=$1; shift
  [ $# -gt 0 ] || return 0
  grep -r -a -l -F -f "$work/patterns" --exclude-dir=secrets -- "$@" 2>/dev/null >"$work/hits"
  # Rotated logs are packed.
  find "$@" -name secrets -prune -o -type f -name '*.gz' -print 2>/dev/null >>"$work/hits"
  while IFS= read -r path; do zcat -f <"$path" 2>/dev/null | report "$place" "$path" || exit ${scanUnread}; done <"$work/hits"
}
homes=$(ls -d /root/.bash_history /root/.ash_history /home/*/.bash_history 2>/dev/null)
existing() { for path in "$@"; do if [ -e "$path" ]; then printf '%s\\n' "$path"; fi; done; }
IFS='
'
set -f
look_through log $(existing ${quoted})
look_through file $(existing '${configDirectory}' $homes)
set +f
unset IFS
if command -v journalctl >/dev/null 2>&1; then
  noting journalctl --no-pager -q 2>"$work/error" | report log journal || exit ${scanUnread}
  if has_failed; then unread "journalctl fails: $(cat "$work/error")"; fi
fi
printf 'looked\\tlogs\\t%s\\n' "$(existing ${quoted} | wc -l)"
`;
}

/** Takes a secret out of the name of a place: a file or a container may be called by it. */
export function redacted(where: string, patterns: readonly Pattern[]): string {
  return patterns.reduce((text, pattern) => text.replaceAll(pattern.text, "…"), where);
}

/** Reads the script's output; a line of another form is passed over, since a container may be named anything. */
export function readScan(stdout: string): ScanResult {
  const result: ScanResult = { findings: [], foreign: [], looked: [] };
  for (const line of stdout.split("\n")) {
    const [kind, first = "", second = "", third = ""] = line.split(separator);
    if (kind === "finding") result.findings.push({ secret: first, place: second, where: third });
    else if (kind === "foreign" && (second === "process" || second === "environment"))
      result.foreign.push({ name: first, place: second, where: third });
    else if (kind === "looked") result.looked.push(`${first} ${second.trim()}`);
  }
  return result;
}
