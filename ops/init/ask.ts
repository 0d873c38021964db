/** Asks a person at a terminal for a site's answers, one line each, with what Enter alone means in brackets. */
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { Answers, type MachineName, machineNames } from "./answers.ts";
import { fingerprint, scanHostKey } from "./host-key.ts";

export class Terminal {
  readonly #signal: AbortSignal;
  readonly #lines;
  #muted = false;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    const output = new Writable({
      write: (chunk, _, done) => {
        if (!this.#muted) process.stderr.write(chunk);
        done();
      },
    });
    this.#lines = createInterface({ input: process.stdin, output, terminal: true });
    // The terminal is in raw mode while it is read, so that Ctrl-C comes as a key.
    this.#lines.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  }

  say(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  async ask(question: string, preset = ""): Promise<string> {
    const hint = preset === "" ? "" : ` [${preset}]`;
    const answer = (await this.#lines.question(`${question}${hint}: `, { signal: this.#signal })).trim();
    return answer === "" ? preset : answer;
  }

  /** What is typed is not shown. */
  async askSecret(question: string): Promise<string> {
    process.stderr.write(`${question}: `);
    this.#muted = true;
    try {
      return await this.#lines.question("", { signal: this.#signal });
    } finally {
      this.#muted = false;
      process.stderr.write("\n");
    }
  }

  async confirm(question: string, preset: boolean): Promise<boolean> {
    const answer = await this.ask(`${question} (yes or no)`, preset ? "yes" : "no");
    return /^y(es)?$/i.test(answer);
  }

  close(): void {
    this.#lines.close();
  }
}

export async function askAnswers(terminal: Terminal, signal: AbortSignal): Promise<Answers> {
  const machines: Record<string, unknown> = {};
  for (const name of machineNames) machines[name] = await askMachine(terminal, name, signal);
  const listener = await askUntil(terminal, "Which machine listens for the link; the other dials", "mainpc", (text) =>
    (machineNames as readonly string[]).includes(text) ? undefined : machineNames.join(" or "),
  );
  const leafPort = Number(await askPort(terminal, "Port of that link", "7422"));
  const references = await terminal.ask(
    "host:port of what answers when the network does, such as the router; spaces between",
  );
  const agents = await terminal.confirm("Do agents talk to NATS themselves", false);
  return Answers.parse({
    ...machines,
    leaf: { listener, port: leafPort },
    references: references.split(/\s+/).filter((text) => text !== ""),
    agents,
  });
}

async function askMachine(terminal: Terminal, name: MachineName, signal: AbortSignal): Promise<unknown> {
  const preset = { mainpc: ["9000", "4222"], pc2: ["9100", "4223"] }[name];
  const address = await askUntil(terminal, `Address of ${name}`, "", (text) =>
    text === "" ? "an address" : undefined,
  );
  const hubPort = Number(await askPort(terminal, `Port of the hub on ${name}`, preset[0]));
  const natsPort = Number(await askPort(terminal, `Port of NATS on ${name}`, preset[1]));
  const sshUser = await terminal.ask(`User on ${name} for SSH`, "root");
  const sshPort = Number(await askPort(terminal, `Port of sshd on ${name}`, "22"));
  const hostKey = await askHostKey(terminal, { name, address, sshPort }, signal);
  return { address, hubPort, natsPort, sshUser, sshPort, hostKey };
}

export async function askHostKey(
  terminal: Terminal,
  { name, address, sshPort }: { name: string; address: string; sshPort: number },
  signal: AbortSignal,
): Promise<string> {
  if (await terminal.confirm(`Fetch the host key of ${name} from ${address}:${sshPort} now`, true)) {
    const key = await scanHostKey(address, sshPort, signal);
    if (key === undefined) terminal.say(`  ${address}:${sshPort} answered with no ed25519 key.`);
    else {
      terminal.say(`  ${fingerprint(key)}`);
      terminal.say(`  On the console of ${name}: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`);
      if (await terminal.confirm("  Is it the same", false)) return key;
    }
  }
  return askUntil(terminal, `Host key of ${name}, type and key`, "", (text) =>
    /^\S+ [A-Za-z0-9+/]+={0,3}$/.test(text) ? undefined : "a line like ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI…",
  );
}

export function askPort(terminal: Terminal, question: string, preset = ""): Promise<string> {
  return askUntil(terminal, question, preset, (text) =>
    /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535 ? undefined : "a number from 1 to 65535",
  );
}

/** Asks again until `flaw` finds nothing; it says what was expected. */
export async function askUntil(
  terminal: Terminal,
  question: string,
  preset: string,
  flaw: (text: string) => string | undefined,
): Promise<string> {
  for (;;) {
    const answer = await terminal.ask(question, preset);
    const expected = flaw(answer);
    if (expected === undefined) return answer;
    terminal.say(`  Expected ${expected}.`);
  }
}
