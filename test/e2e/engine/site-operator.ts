/** Carries out a procedure of docs/runbooks on a deployed site, by the very commands that `tandem runbook` prints. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { z } from "zod";
import { namesIn } from "../../../ops/runbook/placeholders.ts";
import { type Executed, execute } from "../../lab/execute.ts";
import type { DeployedPair } from "./deployed-pair.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const commandDeadlineMs = 600_000;

const Printed = z.object({
  place: z.literal("deployed"),
  sections: z.array(
    z.object({
      title: z.string(),
      steps: z.array(z.object({ commands: z.array(z.object({ text: z.string() })) })),
    }),
  ),
});

interface Following {
  /** What an operator writes in place of words in capitals. @example { NEW: "/dev/sdb1" } */
  words?: Record<string, string>;
  /** What is done instead of a command that begins so. Undefined: it is left out. */
  instead?: Record<string, (() => Promise<void>) | undefined>;
}

export class SiteOperator {
  readonly #pair: DeployedPair;
  readonly #env: NodeJS.ProcessEnv;
  readonly #say: (line: string) => void;

  constructor(pair: DeployedPair, say: (line: string) => void) {
    this.#pair = pair;
    this.#say = say;
    const { engine } = pair;
    const bin = join(dirname(engine.site), "bin");
    mkdirSync(bin, { recursive: true });
    const script = (name: string, text: string) => {
      writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(bin, name), 0o755);
    };
    // The site's folder is not this repository, and nobody is at a terminal.
    const quiet = "--disable-warning=ExperimentalWarning";
    script(
      "tandem",
      `case "$1" in deploy) more=--yes ;; maintenance | secrets | drill) more= two=$2 ;; esac\n` +
        `one=$1; shift; [ -z "$two" ] || shift\n` +
        `exec "${process.execPath}" ${quiet} "${root}/ops/tandem.ts" "$one" $two --dir "${engine.site}" $more "$@"`,
    );
    script(
      "pulumi",
      `case "$1" in up) shift; set -- up --yes --skip-preview "$@" ;; esac\n` +
        `PATH="${process.env.PATH}" exec pulumi --non-interactive --color never "$@"`,
    );
    this.#env = { ...engine.env, PATH: [bin, process.env.PATH].join(delimiter) };
  }

  /** In the site's folder. */
  async run(command: string): Promise<Executed> {
    return await execute("sh", ["-c", `cd "${this.#pair.engine.site}" && ${command}`], {
      env: this.#env,
      deadlineMs: commandDeadlineMs,
    });
  }

  /** All sections in their order. @throws when a command is left open or fails */
  async follow(name: string, machine: string, { words = {}, instead = {} }: Following = {}): Promise<void> {
    const printed = await this.run(`tandem runbook ${name} --subject ${machine} --json`);
    const { sections } = Printed.parse(JSON.parse(printed.stdout));
    const texts = sections.flatMap(({ steps }) => steps.flatMap(({ commands }) => commands.map(({ text }) => text)));
    for (const line of texts.flatMap((text) => text.split("\n"))) {
      const command = Object.entries(words).reduce((text, [word, value]) => text.replaceAll(word, value), line);
      const replaced = Object.keys(instead).find((start) => command.startsWith(start));
      if (replaced !== undefined) {
        await instead[replaced]?.();
        continue;
      }
      const open = namesIn(command);
      if (open.length > 0) throw new Error(`nothing fills ${open.join()} in: ${command}`);
      const startMs = performance.now();
      const { code, stdout, stderr } = await this.run(command);
      this.#say(`${((performance.now() - startMs) / 1_000).toFixed(1)} s  ${command}`);
      if (code !== 0) throw new Error(`${command} ended with ${code}\n${stdout}${stderr}`);
    }
  }
}
