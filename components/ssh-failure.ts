/** What an `ssh` that could not connect has said, in one line, and what to do about it. */

export interface SshFailure {
  what: string;
  next: string;
}

const hostKeyRefused = /host key verification failed|host key for .* has changed|no matching host key/i;
const denied = /permission denied/i;
const noName = /could not resolve|name or service not known|nodename/i;
const refused = /connection refused/i;
const behindJump = /open failed|stdio forwarding failed/i;
const silent = /no route to host|network is unreachable|timed out|timeout/i;
/** The first that matches is what the rest follows from. */
const telling = [hostKeyRefused, denied, noName, behindJump, refused, silent];

/** @param jump address of the host between, whose keys are then named where it is the one that failed @default none */
export function sshFailure(said: string, jump = ""): SshFailure {
  const lines = said.split("\n").filter((line) => line.trim() !== "");
  const line = telling.map((pattern) => lines.find((text) => pattern.test(text))).find((text) => text !== undefined);
  const what = (line ?? lines.at(-1) ?? "ssh ended without a word").trim();
  const atJump = jump !== "" && lines.some((text) => text.includes(jump));
  const key = atJump ? "ssh.jump" : "ssh";
  const address = atJump ? "ssh.jump.host" : "machine.address";
  if (hostKeyRefused.test(what)) {
    const fingerprint = /SHA256:[\w+/]+/.exec(said)?.[0];
    return {
      what: `another host key answers${fingerprint === undefined ? "" : `, ${fingerprint}`}, than ${key}.hostKey says`,
      next: `Compare it with ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub at the console there; only if it is the same, correct ${key}.hostKey`,
    };
  }
  return { what, next: nextFor(what, key, address) };
}

function nextFor(what: string, key: string, address: string): string {
  if (denied.test(what))
    return `Load your key into the agent (ssh-add), or add it to authorized_keys of ${key}.user there`;
  if (noName.test(what)) return `Correct ${address}`;
  if (behindJump.test(what))
    return "The jump host does not reach the machine: correct machine.address as seen from there, or let its sshd forward TCP";
  if (refused.test(what)) return `Start sshd there, or correct ${key}.port`;
  return `Check that it is up and on the network, and ${address} and ${key}.port of the stack`;
}
