/** Arguments of `ssh` that trust the pinned host keys alone, for those who start it: the Docker provider, and the look at files. */
import { createHash } from "node:crypto";
import { shellQuote } from "./shell.ts";

/** The host between this computer and a machine that it cannot reach itself. */
export interface Jump {
  /** @example "bastion.example.org" */
  host: string;
  port: number;
  user: string;
  /** Its public host key, type and key; a machine's own key says nothing about it. */
  hostKey: string;
}

/** A machine, and the way to it. */
interface Destination {
  host: string;
  port: number;
  user: string;
  hostKey: string;
  jump?: Jump;
}

const socketPrefix = "/.ssh/tandem-";
const nameLength = 16;
/** What stands behind the home in the path of a shared connection's socket, bytes: ssh makes it with a dot and 16 letters more. */
export const socketBytes = socketPrefix.length + nameLength + 17;

/** Options for `ssh`, each as its own argument, for those who start it many times: all share one connection. */
export function sharedSshOptions(to: Destination): string[] {
  // sshd limits how many connections may start at once.
  const shared = ["ControlMaster=auto", `ControlPath=~${socketPrefix}${connectionName(to)}`, "ControlPersist=60"];
  return [...asArguments(shared), ...sshOptions(to.hostKey, to.jump)];
}

/** Options for an `ssh` of its own, which says why it could not connect; a shared one hides what a jump host's ssh says. */
export function sshOptions(hostKey: string, jump?: Jump): string[] {
  const proxy = jump === undefined ? [] : [`ProxyCommand=${proxyCommand(jump)}`];
  return asArguments([...pinned(hostKey), ...proxy]);
}

function asArguments(options: readonly string[]): string[] {
  return options.flatMap((option) => ["-o", option]);
}

/**
 * A connection that was opened with another key or by another way must not be taken for one with these. In the place of ssh's own `%C`, whose
 * 40 characters leave little for the home: the path of a socket is short. Without this computer's name, since it stands in the state.
 */
function connectionName({ host, port, user, hostKey, jump }: Destination): string {
  const by = jump === undefined ? null : [jump.host, jump.port, jump.user, jump.hostKey];
  const pins = JSON.stringify([host, port, user, hostKey, by]);
  return createHash("sha256").update(pins).digest("hex").slice(0, nameLength);
}

function pinned(hostKey: string): string[] {
  return [
    "BatchMode=yes",
    "ConnectTimeout=10",
    // A machine that has lost its power says nothing: its connection would be waited for until TCP gives up.
    "ServerAliveInterval=10",
    "ServerAliveCountMax=3",
    // Keys come from the agent alone, as for the provider that runs scripts: what one may, the other may too.
    "IdentityFile=none",
    "StrictHostKeyChecking=yes",
    "UserKnownHostsFile=/dev/null",
    "GlobalKnownHostsFile=/dev/null",
    `KnownHostsCommand=/bin/echo %H ${hostKey}`,
  ];
}

/** ProxyJump would start its ssh without these options, and so without the pinned key. */
function proxyCommand({ host, port, user, hostKey }: Jump): string {
  // The outer ssh replaces %x in the command before a shell sees it; what is meant for the inner one is doubled.
  const options = pinned(hostKey).map((option) => `-o ${shellQuote(option.replaceAll("%", "%%"))}`);
  return ["ssh", ...options, "-p", port, "-W", "[%h]:%p", shellQuote(`${user}@${host}`)].join(" ");
}
