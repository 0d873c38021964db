/** How a site's machine is reached, and where on it files were put. */
import type { Become } from "./become.ts";
import type { Reach } from "./reach.ts";
import type { StackSite } from "./site.ts";

/** The way to the machine of this stack. */
export function reachOf({
  docker: { socket },
  ssh,
  machine,
  images,
}: Pick<StackSite, "docker" | "ssh" | "machine" | "images">): Reach {
  if (socket !== "") return { kind: "local", socket };
  const { port, user, hostKey, jump } = ssh;
  const become: Become = ssh.become === "docker" ? { kind: "docker", image: images.hubBase } : { kind: ssh.become };
  return {
    kind: "ssh",
    host: machine.address,
    port,
    user,
    hostKey,
    become,
    ...(jump.host === "" ? {} : { jump }),
  };
}

/** Directories that hold every file which is put on a machine, for `findFiles`; in those of the data containers write. */
export function rootsOf({ paths }: Pick<StackSite, "paths">): string[] {
  return [paths.config];
}
