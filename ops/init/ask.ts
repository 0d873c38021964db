/** Asks a person for a site's answers, one question each. */
import type { Terminal } from "../terminal/terminal.ts";
import { Answers, type MachineName, machineNames } from "./answers.ts";
import { fingerprint, scanHostKey } from "./host-key.ts";

export async function askAnswers(terminal: Terminal, signal: AbortSignal): Promise<Answers> {
  const machines: Record<string, unknown> = {};
  for (const name of machineNames) machines[name] = await askMachine(terminal, name, signal);
  const listener = await terminal.choose("Which machine listens for the link; the other dials", machineNames, "mainpc");
  const leafPort = Number(await askPort(terminal, "Port of that link", "7422"));
  const references = await terminal.ask(
    "host:port of what answers when the network does, such as the router; spaces between",
  );
  const agents = await terminal.confirm("Do agents talk to NATS themselves?", false);
  return Answers.parse({
    ...machines,
    leaf: { listener, port: leafPort },
    references: references.split(/\s+/).filter((text) => text !== ""),
    agents,
  });
}

async function askMachine(terminal: Terminal, name: MachineName, signal: AbortSignal): Promise<unknown> {
  const preset = { mainpc: ["9000", "4222"], pc2: ["9100", "4223"] }[name];
  const address = await askAddress(terminal, name);
  const hubPort = Number(await askPort(terminal, `Port of the hub on ${name}`, preset[0]));
  const natsPort = Number(await askPort(terminal, `Port of NATS on ${name}`, preset[1]));
  const sshUser = await terminal.ask(`User on ${name} for SSH`, { preset: "root" });
  const sshPort = Number(await askPort(terminal, `Port of sshd on ${name}`, "22"));
  const hostKey = await askHostKey(terminal, { name, address, sshPort }, signal);
  return { address, hubPort, natsPort, sshUser, sshPort, hostKey };
}

export async function askHostKey(
  terminal: Terminal,
  { name, address, sshPort }: { name: string; address: string; sshPort: number },
  signal: AbortSignal,
): Promise<string> {
  if (await terminal.confirm(`Fetch the host key of ${name} from ${address}:${sshPort} now?`, true)) {
    const key = await scanHostKey(address, sshPort, signal);
    if (key === undefined) terminal.say(`${address}:${sshPort} answered with no ed25519 key.`);
    else {
      terminal.say(fingerprint(key));
      terminal.say(`On the console of ${name}: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`);
      if (await terminal.confirm("Is it the same?", false)) return key;
    }
  }
  return terminal.ask(`Host key of ${name}, type and key`, {
    flaw: (text) =>
      /^\S+ [A-Za-z0-9+/]+={0,3}$/.test(text) ? undefined : "a line like ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI…",
  });
}

export function askAddress(terminal: Terminal, name: string): Promise<string> {
  return terminal.ask(`Address of ${name}`, { flaw: (text) => (text === "" ? "an address" : undefined) });
}

export function askPort(terminal: Terminal, question: string, preset = ""): Promise<string> {
  return terminal.ask(question, {
    preset,
    flaw: (text) =>
      /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535 ? undefined : "a number from 1 to 65535",
  });
}
