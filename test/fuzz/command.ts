/**
 * Fuzzes what reads bytes of others, target by target, led by the blocks that an input runs (docs/fuzzing.md).
 * Run: `npm run fuzz -- --minutes 10 --target text`. Ends with 1 when an input fails, which is then in the corpus.
 */
import { basename, dirname, relative, resolve } from "node:path";
import { OperatorError } from "../../ops/error.ts";
import { endWith, numberOf, parseOptions } from "../support/command-options.ts";
import { keepFailure, replaceCorpus } from "./corpus.ts";
import type { Figures } from "./engine/campaign.ts";
import { runTarget, type TargetResult } from "./run-target.ts";
import { loadTarget, targetNames } from "./targets/table.ts";

const usage = async () => {
  const targets = await Promise.all(targetNames.map(loadTarget));
  return `Fuzzes what reads bytes of others: npm run fuzz -- [options]

  --minutes N     for all targets together (default 5)
  --target NAME   this one alone; may be repeated (default: all)
  --seed N        repeats the changes of an earlier run, which prints it
  --keep          write the smallest inputs that run what was run to the corpus
  --replay FILE   run one input of the corpus and nothing else
  --json          print one JSON object instead of lines
  --help          print this

Targets:
${targets.map(({ name, about }) => `  ${name.padEnd(14)}  ${about}`).join("\n")}
`;
};
const exitInterrupted = 130;
const sayEveryMs = 10_000;
const root = resolve(import.meta.dirname, "..", "..");

const say = (line: string) => void process.stderr.write(`${line}\n`);

interface Row extends Figures {
  target: string;
  perSecond: number;
  /** Empty when nothing failed. */
  failed: string;
  file: string | undefined;
}

const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => stop.abort());
await endWith(main);

async function main(): Promise<number> {
  const { values } = parseOptions("fuzz", {
    minutes: { type: "string", default: "5" },
    target: { type: "string", multiple: true },
    seed: { type: "string" },
    keep: { type: "boolean", default: false },
    replay: { type: "string" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  });
  if (values.help) {
    process.stdout.write(await usage());
    return 0;
  }
  const replay =
    values.replay === undefined ? undefined : resolve(process.env.INIT_CWD ?? process.cwd(), values.replay);
  const names = values.target ?? (replay === undefined ? targetNames : [basename(dirname(replay))]);
  const strange = names.find((name) => !targetNames.includes(name));
  if (strange !== undefined)
    throw new OperatorError("fuzz.target", `there is no target ${strange}`, `Name one of ${targetNames.join(", ")}`);
  const minutes = numberOf("fuzz", "minutes", values.minutes);
  const seed = numberOf("fuzz", "seed", values.seed ?? String(Date.now() % 1_000_000));
  if (!values.json) say(`seed ${seed}, ${names.length} targets, ${minutes} minutes altogether`);
  const rows: Row[] = [];
  for (const target of names) {
    if (stop.signal.aborted) break;
    const maxMs = (minutes * 60_000) / names.length;
    const told = progressOf(target, values.json);
    const result = await runTarget({
      target, seed, maxInputs: Number.MAX_SAFE_INTEGER, maxMs, distil: values.keep, signal: stop.signal, progress: told,
      ...(replay === undefined ? {} : { replay: [replay] }),
    }); // biome-ignore format: options
    if (result.distilled !== undefined && !stop.signal.aborted) replaceCorpus(target, result.distilled);
    const row = rowOf(target, result, replay);
    rows.push(row);
    if (!values.json) process.stdout.write(textOf(row));
  }
  const failed = rows.filter((row) => row.failed !== "");
  if (values.json) process.stdout.write(`${JSON.stringify({ seed, ok: failed.length === 0, targets: rows })}\n`);
  else
    process.stdout.write(
      failed.length === 0
        ? `nothing failed (seed ${seed})\n`
        : `${failed.length} of ${rows.length} targets failed (seed ${seed})\n`,
    );
  if (failed.length > 0) return 1;
  return stop.signal.aborted ? exitInterrupted : 0;
}

function progressOf(target: string, isQuiet: boolean): (figures: Figures) => void {
  let saidMs = 0;
  return (figures) => {
    if (isQuiet || figures.ms - saidMs < sayEveryMs) return;
    saidMs = figures.ms;
    say(`${target}: ${Math.round(figures.ms / 1_000)} s, ${figures.inputs} inputs, ${figures.blocks} blocks`);
  };
}

/** What fails is in the corpus from here on, where the tests meet it again. */
function rowOf(target: string, { figures, found }: TargetResult, replay: string | undefined): Row {
  const perSecond = figures.ms > 0 ? Math.round((figures.inputs / figures.ms) * 1_000) : 0;
  const kept = found === undefined ? undefined : (replay ?? keepFailure(target, found));
  return { target, ...figures, perSecond, failed: found?.failure.text ?? "", file: kept && relative(root, kept) };
}

function textOf({ target, inputs, perSecond, blocks, knownBlocks, pool, longestCpuMs, failed, file }: Row): string {
  const figures = `${inputs} inputs, ${perSecond}/s, ${blocks} of ${knownBlocks} known blocks, ${pool} kept, longest ${Math.round(longestCpuMs)} ms`;
  const lines = [`${target}: ${figures}`];
  if (failed !== "") lines.push(`  failed: ${failed}`, `  kept: ${file}`, `  → npm run fuzz -- --replay ${file}`);
  return `${lines.join("\n")}\n`;
}
