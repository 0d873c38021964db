/** Runs a script of root's for a user who is not root: by sudo, or as what the docker group amounts to. POSIX sh, text in, text out. */
import { shellQuote } from "./shell.ts";

/** How a machine's user becomes the one who may write its files. */
export type Become =
  /** Not at all: it is root, or it owns what it writes. */
  | { kind: "none" }
  /** By `sudo -n`: nobody is there to type a password. */
  | { kind: "sudo" }
  /**
   * By a container that sees the machine's whole disk, as everybody in the docker group may start one.
   * @example { kind: "docker", image: "node:24-bookworm-slim" }
   */
  | { kind: "docker"; image: string };

/** The script as the user's shell must be given it; what the script reads from its standard input stays what it was. */
export function asOwner(script: string, become: Become): string {
  switch (become.kind) {
    case "none":
      return script;
    case "sudo":
      return [
        "if ! said=$(sudo -n sh -c : 2>&1 </dev/null); then",
        `  printf '%s\\n' "$(id -un) may not run sh by sudo on this machine: $said" >&2`,
        `  echo "Allow it, as in: echo '$(id -un) ALL=(root) NOPASSWD: ALL' >/etc/sudoers.d/tandem; or set ssh.become to docker." >&2`,
        "  exit 1",
        "fi",
        `exec sudo -n sh -c ${shellQuote(script)}`,
      ].join("\n");
    case "docker":
      return throwAway(script, shellQuote(become.image));
  }
}

function throwAway(script: string, image: string): string {
  return [
    // Pulled apart from the run, so that what it prints is not taken for the script's own words.
    `if ! said=$(docker image inspect ${image} 2>&1 >/dev/null </dev/null) && ! said=$(docker pull --quiet ${image} 2>&1 </dev/null); then`,
    `  printf '%s\\n' "$(id -un) cannot start a container from "${image}" on this machine: $said" >&2`,
    '  echo "Add the user to the group docker, or set images.hubBase to an image that is there." >&2',
    "  exit 1",
    "fi",
    // The machine's own programs run, chrooted, so that the image needs no more than chroot. With the machine's network: whoever has
    // one of its own sees, and sets, the kernel's settings of that one below /proc/sys/net.
    "exec docker run --rm --interactive --network host --userns host --user 0:0 --security-opt label=disable \\",
    `  --volume /:/host --entrypoint chroot ${image} /host sh -c ${shellQuote(script)}`,
  ].join("\n");
}
