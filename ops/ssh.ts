/** `tandem ssh`: runs a command on a machine of the site, or a shell, by the way that everything else goes there. */
import { spawn } from "node:child_process";
import type { Command } from "commander";
import { type Place, placeOf } from "./deploy/place.ts";
import { placeNamed } from "./deploy/places.ts";
import { OperatorError } from "./error.ts";
import { fingerprint } from "./init/host-key.ts";
import { runShell } from "./site/shell.ts";
import { readStacks, siteDir } from "./site/stacks.ts";
import { keyIn, keyscanCommand, sessionCommand } from "./ssh/command.ts";

interface SshOptions {
  root: boolean;
  hostKey: boolean;
  dir: string;
}

const scanMs = 20_000;

export function registerSsh(program: Command): void {
  program
    .command("ssh")
    .argument("<machine>", "its name, or its stack's")
    .argument("[command...]", "behind --, as ssh is given it; a shell without one")
    .description(
      "run a command on a machine with the pinned host key, port, user and jump host of its stack; ends as the command does",
    )
    .option("--root", "as the one who may write the machine's files, by ssh.become where the login may not", false)
    .option(
      "--host-key",
      "print the key that the machine shows now, to be compared with its console; trust nothing",
      false,
    )
    .option("--dir <folder>", "folder with Pulumi.yaml and the stacks' files", siteDir)
    .addHelpText(
      "after",
      "\nExamples:\n  $ tandem ssh pc2\n  $ tandem ssh pc2 -- docker logs --tail 50 tandem-pc2-nats\n" +
        "  $ tandem ssh pc2 --root -- 'dmesg -T | tail'",
    )
    .action(ssh);
}

async function ssh(machine: string, words: string[], { root, hostKey, dir }: SshOptions): Promise<void> {
  const place = placeNamed(readStacks(undefined, dir).map(placeOf), machine);
  if (hostKey) return await showHostKey(place);
  process.exitCode = await session(place, words.join(" "), root);
}

/** Its input and output are this program's own. */
function session({ reach }: Place, script: string, root: boolean): Promise<number> {
  const [program, ...args] = sessionCommand(reach, script, root);
  const env = reach.kind === "local" ? { ...process.env, DOCKER_HOST: reach.socket } : process.env;
  // Ctrl-C is for what runs there, which gets it, too.
  process.on("SIGINT", () => {});
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: "inherit", env });
    child.once("error", ({ message }) =>
      reject(new OperatorError("ssh.unavailable", message, `Install ${program}, or put it on PATH`)),
    );
    child.once("close", (code) => resolve(code ?? 1));
  });
}

async function showHostKey({ name, reach }: Place): Promise<void> {
  if (reach.kind === "local")
    throw new OperatorError("ssh.here", `${name} is this computer`, "It is reached by docker.socket, without SSH");
  const { stdout, stderr } = await runShell(keyscanCommand(reach), { deadlineMs: scanMs });
  const key = keyIn(stdout);
  if (key === undefined) {
    const what = `no ed25519 key of ${name} came from ${reach.host}, port ${reach.port}: ${stderr.trim() || "no answer"}`;
    throw new OperatorError(
      "ssh.no-key",
      what,
      "Look whether sshd runs there, and whether the stack's way there is right",
    );
  }
  process.stderr.write(
    `${fingerprint(key)}; compare it on the console of ${name}: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\n`,
  );
  process.stdout.write(`${key}\n`);
}
