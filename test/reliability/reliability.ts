/** `npm run reliability`: writes docs/reliability.md anew, after running the tests of the matrix when told to. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { OperatorError } from "../../ops/error.ts";
import { whySkip } from "../e2e/engine/engine.ts";
import { endWith, parseOptions } from "../support/command-options.ts";
import type { Fault } from "./fault.ts";
import { faults } from "./faults.ts";
import { reliabilityPage } from "./page.ts";
import { keyOf, readResults } from "./results.ts";

const help = `npm run reliability [-- [--run [fault...]] [--engine] [--json]]

Writes docs/reliability.md from the list of faults and from what their tests said last.

  --run      runs the tests first: of all faults, or of those that are named
  --engine   with --run: those too that need a real engine and the lab
  --json     prints each fault with its tests and what they said, and writes nothing
`;
const root = join(import.meta.dirname, "..", "..");
const say = (line: string) => void process.stderr.write(`${line}\n`);

await endWith(main);

async function main(): Promise<number> {
  const flag = { type: "boolean", default: false } as const;
  const options = { run: flag, engine: flag, json: flag, help: { ...flag, short: "h" } } as const;
  const { values, positionals } = parseOptions("reliability", options, "some");
  if (values.help) return print(help);
  const chosen = choose(positionals);
  if (positionals.length > 0 && !values.run)
    throw new OperatorError("reliability.argument", "faults were named without --run", "Add --run to run their tests");
  const code = values.run ? await run(chosen, values.engine) : 0;
  if (values.json) return print(`${JSON.stringify(withResults(), null, 2)}\n`) || code;
  writeFileSync(join(root, "docs/reliability.md"), reliabilityPage());
  say("docs/reliability.md is written");
  return code;
}

function choose(ids: readonly string[]): readonly Fault[] {
  const unknown = ids.find((id) => faults.every((one) => one.id !== id));
  if (unknown !== undefined) {
    const next = `Name some of: ${faults.map(({ id }) => id).join(" ")}`;
    throw new OperatorError("reliability.fault", `there is no fault ${unknown}`, next);
  }
  return ids.length === 0 ? faults : faults.filter(({ id }) => ids.includes(id));
}

/** Whole files, since a test may go on from what the one before it has left. */
async function run(chosen: readonly Fault[], engine: boolean): Promise<number> {
  const files = [...new Set(chosen.flatMap(({ tests }) => tests.map(({ file }) => file)))].sort();
  const ofEngine = files.filter((file) => file.endsWith(".e2e.ts"));
  const others = files.filter((file) => !ofEngine.includes(file));
  const codes = others.length > 0 ? [vitest("test/reliability/vitest.config.ts", others)] : [];
  const reason = !engine ? "only --engine runs them" : await whySkip();
  if (ofEngine.length > 0 && reason !== undefined) say(`left out: ${ofEngine.length} files of the engine (${reason})`);
  else if (ofEngine.length > 0) {
    const reporters = ["--reporter=verbose", "--reporter=test/reliability/reporter.ts"];
    codes.push(vitest("test/e2e/engine/vitest.config.ts", [...reporters, ...ofEngine]));
  }
  return Math.max(0, ...codes);
}

function vitest(config: string, args: readonly string[]): number {
  const program = join(root, "node_modules/vitest/vitest.mjs");
  const { status } = spawnSync(process.execPath, [program, "run", "--config", join(root, config), ...args], {
    cwd: root,
    stdio: ["inherit", 2, 2],
  });
  return status ?? 1;
}

function withResults() {
  const said = new Map(readResults().map((result) => [keyOf(result), result]));
  return faults.map((one) => ({
    ...one,
    tests: one.tests.map((test) => ({ ...test, result: said.get(keyOf({ fault: one.id, ...test })) ?? null })),
  }));
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}
