/** What is started for a session on a machine, and to ask it for its host key. Pure. */
import { ownerScript, type Reach, type SshReach, shellCommand, userCommand } from "../../components/reach.ts";
import { shellQuote } from "../../components/shell.ts";

/** @param script empty for a shell on the terminal @param root as the one who may write the machine's files */
export function sessionCommand(reach: Reach, script: string, root: boolean): [string, ...string[]] {
  if (script !== "") return root ? shellCommand(reach, script) : userCommand(reach, script);
  if (reach.kind === "local") return ["sh", "-i"];
  const [program, ...args] = userCommand(reach, root ? ownerScript("exec sh -i", reach) : "");
  return [program, "-t", ...(root ? args : args.slice(0, -1))];
}

/** Through the jump host where there is one: this computer does not reach the machine then. */
export function keyscanCommand({ host, port, jump }: SshReach): [string, ...string[]] {
  const scan = `ssh-keyscan -T 5 -t ed25519 -p ${port} -- ${shellQuote(host)}`;
  return jump === undefined ? ["sh", "-c", scan] : userCommand({ kind: "ssh", ...jump }, scan);
}

/** Type and key of what ssh-keyscan printed; undefined when that is none. */
export const keyIn = (stdout: string): string | undefined => /^[^#\s]\S* (ssh-ed25519 [\w+/=]+)/m.exec(stdout)?.[1];
