/** `tandem doctor`: looks at all machines of a site from outside, or at a local run, and says what is wrong, why it matters and what to do. */
import { readFileSync } from "node:fs";
import { type Command, Option } from "commander";
import { carryOut, type Fixed } from "./doctor/fixes.ts";
import { lookAround } from "./doctor/look-around.ts";
import { countOf, toText } from "./doctor/report.ts";
import { readStacks, siteDir } from "./site/stacks.ts";
import { agreed } from "./terminal/confirmation.ts";
import { type Progress, progressOf } from "./terminal/progress.ts";

interface DoctorOptions {
  stack?: string[];
  dir: string;
  data?: string;
  fix: boolean;
  yes: boolean;
  json: boolean;
}

const exitFail = 1;
const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }; // our own file

export function registerDoctor(program: Command): void {
  program
    .command("doctor")
    .description(
      "look at each machine over SSH and at its hub over HTTP: engine, containers, versions, ports, files, secret files, " +
        "certificates, disk and its speed, streams, clocks, sync, ledger, Pushgateways, sshd, logs; ends with 0 when nothing has failed, " +
        "with 1 when something has, whatever is only worth a look",
    )
    .option("--stack <name...>", "stacks to look at (default: the pair's and the satellites')")
    .option("--dir <folder>", "folder with Pulumi.yaml and the stacks' files", siteDir)
    .addOption(
      new Option("--data <dir>", "look at the local run that keeps its data there, instead of a site").conflicts([
        "stack",
        "dir",
      ]),
    )
    .option("--fix", "carry out what can do no harm, asking before each, and look again", false)
    .option("--yes", "with --fix: do not ask", false)
    .option("--json", "print one JSON object", false)
    .addHelpText(
      "after",
      "\n--fix gives secret files and data directories their modes and owners, makes one that is missing, frees a lock of this\n" +
        "computer's whose process is gone, and runs the rotation of logs. Everything else is only named.\n" +
        "\nExamples:\n  $ tandem doctor --stack pc2\n  $ tandem doctor --fix\n  $ tandem doctor --data .tandem",
    )
    .action(doctor);
}

async function doctor(options: DoctorOptions): Promise<void> {
  const { fix, json } = options;
  const progress = progressOf(options);
  const first = await look(options, progress);
  const fixed = fix ? await carryOut(first, (question) => agrees(question, options)) : [];
  for (const one of fixed) progress.say(fixText(one));
  const { reports } = fixed.some(({ outcome }) => outcome === "done") ? await look(options, progress) : first;
  const failed = countOf(reports, "fail");
  process.exitCode = failed > 0 ? exitFail : 0;
  const text = json ? JSON.stringify({ failed, machines: reports, ...(fix && { fixed }) }) : toText(reports);
  process.stdout.write(`${text}\n`);
}

const look = ({ stack, dir, data }: DoctorOptions, progress: Progress) =>
  lookAround(() => readStacks(stack, dir), data, manifest.version, progress);

async function agrees(question: string, { yes }: DoctorOptions): Promise<boolean> {
  return yes || (await agreed(question));
}

function fixText({ machine, what, outcome, why }: Fixed): string {
  const how = { done: "done", left: "left as it is", failed: `failed: ${why}` }[outcome];
  return `${machine}: ${what}: ${how}`;
}
