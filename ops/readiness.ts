/** `tandem readiness`: what is promised, by which evidence, how old that is, and what is still to be shown. */
import { type Command, InvalidArgumentError } from "commander";
import { evidenceDir, readEvidence } from "./readiness/evidence.ts";
import { judge } from "./readiness/judge.ts";
import { promises } from "./readiness/promises.ts";
import { readinessText } from "./readiness/text.ts";

interface ReadinessOptions {
  evidence: string;
  maxDays: number;
  json: boolean;
}

export function registerReadiness(program: Command): void {
  program
    .command("readiness")
    .description(
      "hold every promise against the latest evidence of it; red is what is missing, too old, or fails; ends with 1 when anything is red",
    )
    .option("--evidence <dir>", "folder in which the proving commands left it", evidenceDir)
    .option("--max-days <n>", "evidence that is older is red", days, 30)
    .option("--json", "print one JSON object", false)
    .addHelpText(
      "after",
      "\nCommands leave evidence when they are given --evidence DIR: prove:loss, prove:fsync, prove:migration, chaos, sim,\n" +
        "bench:failover, e2e and tandem secrets audit.\n" +
        "\nExample:\n  $ npm run prove:loss -- --minutes 30 --evidence .tandem-evidence\n  $ tandem readiness",
    )
    .action(readiness);
}

function readiness({ evidence: dir, maxDays, json }: ReadinessOptions): void {
  const { evidence, unread } = readEvidence(dir);
  const rows = judge(promises, evidence, { nowMs: Date.now(), maxDays });
  const ready = rows.every(({ green }) => green);
  process.exitCode = ready ? 0 : 1;
  const text = json
    ? JSON.stringify({ ready, promises: rows, unread })
    : readinessText(rows, unread, process.stdout.isTTY);
  process.stdout.write(`${text}\n`);
}

function days(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError("a number of days above 0");
}
