/** Renders docs/reliability.md from the matrix and from what its tests said. */
import { commandOf, type Fault, type FaultTest, faultClasses, promises } from "./fault.ts";
import { faults } from "./faults.ts";
import { keyOf, type Result, readResults } from "./results.ts";

export function reliabilityPage(known: readonly Fault[] = faults, results: readonly Result[] = readResults()): string {
  const said = new Map(results.map((result) => [keyOf(result), result]));
  const sections = faultClasses.map((name) => {
    const rows = known.filter((one) => one.class === name).flatMap((one) => rowsOf(one, said));
    return `## ${name[0]?.toUpperCase()}${name.slice(1)}\n\n${header}${rows.join("\n")}\n`;
  });
  const lines = Object.entries(promises).map(([number, text]) => `${number}. ${text}.`);
  return `# Reliability

${known.length} faults, and what holds when they come. Made by \`npm run reliability\` from the list in [test/reliability/faults](../test/reliability/faults)
and from what the tests themselves said when they last ran ([reliability.jsonl](reliability.jsonl)); a test holds list, tests and this
page against each other. Those under \`test/hub\`, \`test/ops\` and \`test/components\` try one part alone, on real servers where it has any; all
others break whole pairs of real processes. Each fails when the promise is broken; its figures are counted or measured by that very run, on the day that stands there.

\`\`\`sh
npm run reliability -- --run                    # runs the tests of the matrix, keeps what they say, and writes this page anew
npm run reliability -- --run dns-gone hub-killed # those of two faults
npm run reliability -- --run --engine           # those too that need a real engine and the lab (npm run e2e)
\`\`\`

The promises that are tested:

${lines.join("\n")}

Files end with \`.test.ts\` where \`npm test\` runs them, with \`.fault.ts\` where only the command above does, since they take minutes, and with
\`.e2e.ts\` where \`npm run e2e\` does.

${sections.join("\n")}`;
}

const header = "| fault | what happens | promise | test | figures |\n|---|---|---|---|---|\n";

/** One row a test, the first with what is of the fault. */
function rowsOf({ id, happens, promises: tested, tests }: Fault, said: ReadonlyMap<string, Result>): string[] {
  return tests.map((test, i) => {
    const about = i === 0 ? [`\`${id}\``, `${happens}.`, tested.join(", ")] : ["", "", ""];
    const where = `[${test.file}](../${test.file}): ${cell(test.title)}`;
    return `| ${[...about, where, outcome(test, said.get(keyOf({ fault: id, ...test })))].join(" | ")} |`;
  });
}

function outcome(test: FaultTest, result: Result | undefined): string {
  if (result === undefined) return `not run here: \`${commandOf(test)}\``;
  const figures = Object.entries(result.figures).map(([name, value]) => figureText(name, value));
  return [result.ok ? result.on : `**failed** ${result.on}`, ...figures].join(", ");
}

/** @example figureText("longestOutageMs", 812) → "longest outage 812 ms" */
export function figureText(name: string, value: number): string {
  const words = name
    .replaceAll(/([A-Z]|\d+)/g, " $1")
    .toLowerCase()
    .split(" ");
  const unit = units[words.at(-1) ?? ""];
  const rounded = Number.isInteger(value) ? String(value) : value.toFixed(1);
  return unit === undefined ? `${words.join(" ")} ${rounded}` : `${words.slice(0, -1).join(" ")} ${rounded} ${unit}`;
}

const units: Record<string, string> = { ms: "ms", seconds: "s", bytes: "bytes", mib: "MiB", percent: "%" };
const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
