/** Follows a runbook as an operator would: has it printed for the alert that stands, and runs the very commands that it names. */
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { AlertsView, type AlertView } from "../../hub/http/api.ts";
import { namesIn } from "../../ops/runbook/placeholders.ts";

const root = join(import.meta.dirname, "..", "..");
const commandDeadlineMs = 60_000;
/** Of a shell: not to be run, not found. */
const notThere = [126, 127];

const Printed = z.object({
  place: z.literal("local"),
  alert: z.object({ subject: z.string() }),
  sections: z.array(
    z.object({
      title: z.string(),
      steps: z.array(z.object({ says: z.string(), commands: z.array(z.object({ text: z.string() })) })),
    }),
  ),
});

export interface Done {
  command: string;
  code: number;
  output: string;
}

/** A shell that has `tandem`. */
export class Operator {
  readonly #data: string;
  readonly #env: NodeJS.ProcessEnv;

  /** @param dir for the command; @param data folder of the local run */
  constructor(dir: string, data: string) {
    this.#data = data;
    const bin = join(dir, "bin");
    mkdirSync(bin, { recursive: true });
    const quiet = "--disable-warning=ExperimentalWarning";
    writeFileSync(join(bin, "tandem"), `#!/bin/sh\nexec "${process.execPath}" ${quiet} "${root}/ops/tandem.ts" "$@"\n`);
    chmodSync(join(bin, "tandem"), 0o755);
    this.#env = { ...process.env, PATH: [bin, process.env.PATH].join(delimiter) };
  }

  async run(command: string): Promise<Done> {
    const options = { cwd: root, env: this.#env, timeout: commandDeadlineMs };
    try {
      const { stdout, stderr } = await promisify(execFile)("sh", ["-c", command], options);
      return { command, code: 0, output: stdout + stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code?: number; stdout: string; stderr: string }; // execFile's
      return { command, code: code ?? -1, output: stdout + stderr };
    }
  }

  /** Looks first, all at once, then does what mends it, one after another. @throws when a command is not there or left open */
  async follow(name: string, subject: string): Promise<{ diagnosis: Done[]; mitigation: Done[] }> {
    const printed = await this.run(`tandem runbook ${name} --subject ${subject} --data ${this.#data} --json`);
    if (printed.code !== 0) throw new Error(`the runbook ${name} of ${subject}: ${printed.output}`);
    const { sections } = Printed.parse(JSON.parse(printed.output));
    const commandsOf = (title: string) =>
      sections
        .filter((section) => section.title === title)
        .flatMap(({ steps }) => steps.flatMap(({ commands }) => commands.flatMap(({ text }) => text.split("\n"))));
    const diagnosis = await Promise.all(commandsOf("Diagnosis").map((command) => this.#step(command)));
    const mitigation: Done[] = [];
    for (const command of commandsOf("Mitigation")) mitigation.push(await this.#step(command));
    return { diagnosis, mitigation };
  }

  async #step(command: string): Promise<Done> {
    if (namesIn(command).length > 0) throw new Error(`nothing fills ${namesIn(command).join()} in: ${command}`);
    const done = await this.run(command);
    if (notThere.includes(done.code)) throw new Error(`${command}: ${done.output}`);
    return done;
  }
}

/** Empty while the hub does not answer. */
export async function alertsAt(hub: string): Promise<AlertView[]> {
  try {
    return AlertsView.parse(await (await fetch(`${hub}/api/v1/alerts`)).json()).alerts;
  } catch {
    return [];
  }
}
