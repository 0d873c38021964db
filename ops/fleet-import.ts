/** `tandem fleet import`: reads a fleet's startup files and writes this project's inventory of them. */
import { readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { countOf } from "../fleet/finding.ts";
import { hubNames, pilotNames } from "../fleet/import/conventions.ts";
import type { ImportFinding } from "../fleet/import/finding.ts";
import { type ImportedFleet, importFleet } from "../fleet/import/import-fleet.ts";
import { OperatorError } from "./error.ts";
import { checkFiles, findStrangers, refuseTarget, writeFiles } from "./fleet-import/write.ts";

interface ImportOptions {
  out: string;
  force: boolean;
  dryRun: boolean;
  json: boolean;
  portOffset: number;
  hub: string[];
  pilots: string[];
  satellite: string[];
}

const exitFindings = 1;

const help = `
Examples:
  $ tandem fleet import mainpc.yaml pc2.yaml --out my-fleet
  $ tandem fleet import mainpc=boxes/main/startup.yaml pc2=boxes/edge/startup.yaml --port-offset 0 --dry-run

docs/fleet.md tells which forms are read, and what is written where a file does not say it.`;

export function registerFleetImport(fleet: Command): void {
  fleet
    .command("import")
    .description("make an inventory of a fleet's startup files; ends with 1 and writes nothing when there are errors")
    .argument("<file...>", "startup files in YAML, each as FILE or MACHINE=FILE, and files of batches")
    .option("--out <dir>", "folder for a <machine>.yaml each, and batches.yaml", "fleet-imported")
    .option("--force", "replace files that are there already", false)
    .option("--dry-run", "print the files and write nothing", false)
    .option("--port-offset <n>", "what PORT_OFFSET stands for in a port", offsetOf, 0)
    .option("--hub <names>", "entries that stand for the hub itself, which Tandem brings", namesOf, [...hubNames])
    .option("--pilots <names>", "agents that move first", namesOf, [...pilotNames])
    .option("--satellite <machine=hub>", "a machine without a hub, and the one that looks after it", collect, [])
    .option("--json", "print one JSON object", false)
    .addHelpText("after", help)
    .action(act);
}

function act(files: string[], options: ImportOptions): void {
  const { out, force, dryRun, json } = options;
  const sources = files.map(readSource);
  const result = importFleet({
    sources,
    portOffset: options.portOffset,
    hubs: options.hub,
    pilots: options.pilots,
    satellites: new Map(options.satellite.map(satelliteOf)),
  });
  // What is written must pass the check that every command begins with, whatever the import believes.
  const findings = [...result.findings, ...checkFiles(result.files, out), ...findStrangers(out, result.files)];
  const failed = findings.some(({ severity }) => severity === "error");
  const names = [...result.files.keys()];
  if (!failed && !dryRun) refuseTarget({ out, names, force, sources: sources.map(({ file }) => file) });
  const written = failed || dryRun ? [] : writeFiles(out, result.files);
  process.exitCode = failed ? exitFindings : 0;
  if (json)
    printJson({
      ...viewOf(result, findings),
      written,
      ...(dryRun ? { files: Object.fromEntries(result.files) } : {}),
      next: nextOf(out, failed, dryRun),
    });
  else printText(result, findings, options, { failed, written });
}

/** MACHINE=FILE, where the part before = is a machine's name, or FILE. */
function readSource(argument: string): { file: string; text: string; machine?: string } {
  const [, machine, named] = /^([A-Za-z][A-Za-z0-9_-]*)=(.+)$/.exec(argument) ?? [];
  const file = named ?? argument;
  try {
    return { file, text: readFileSync(file, "utf8"), ...(machine === undefined ? {} : { machine }) };
  } catch (error) {
    const what = `${file} cannot be read: ${(error as Error).message}`; // fs throws errors only
    throw new OperatorError("import.unreadable", what, "Name the fleet's startup files, each as FILE or MACHINE=FILE");
  }
}

function viewOf({ machines }: ImportedFleet, findings: readonly ImportFinding[]) {
  const count = (wanted: ImportFinding["severity"]) => findings.filter(({ severity }) => severity === wanted).length;
  return {
    agents: [...machines.values()].reduce((sum, each) => sum + each, 0),
    machines: Object.fromEntries(machines),
    errors: count("error"),
    warnings: count("warning"),
    notes: count("note"),
    findings,
  };
}

function printText(
  result: ImportedFleet,
  findings: readonly ImportFinding[],
  { out, dryRun }: ImportOptions,
  { failed, written }: { failed: boolean; written: string[] },
): void {
  if (dryRun && !failed) for (const [name, text] of result.files) print(`# ── ${join(out, name)} ──\n${text}`);
  const order = result.findings.map(({ file }) => file);
  for (const finding of findings.toSorted((a, b) => order.indexOf(a.file) - order.indexOf(b.file) || a.line - b.line))
    print(toText(finding));
  const { agents, machines, errors, warnings, notes } = viewOf(result, findings);
  const counts = Object.entries(machines).map(([machine, count]) => `${count} on ${machine}`);
  print(
    `${countOf(agents, "agent")} on ${countOf(counts.length, "machine")} (${counts.join(", ")}), ${countOf(errors, "error")}, ${countOf(warnings, "warning")}, ${countOf(notes, "note")}`,
  );
  print(written.length > 0 ? `Written: ${written.join(" ")}` : `Nothing is written${failed ? "" : " (--dry-run)"}`);
  print(`Next: ${nextOf(out, failed, dryRun)}`);
}

function nextOf(out: string, failed: boolean, dryRun: boolean): string {
  if (failed) return "mend the errors in a copy of the startup file, and import that";
  return dryRun ? "the same without --dry-run" : `tandem fleet check --dir ${pathTo(out)}`;
}

function toText({ file, line, severity, message, next }: ImportFinding): string {
  const text = `${pathTo(file)}:${line}: ${severity}: ${message}`;
  return next === "" ? text : `${text}\n  → ${next}`;
}

/** As seen from where the command runs; whole when that leads upwards. */
function pathTo(path: string): string {
  const near = relative(process.cwd(), resolve(path));
  return near.startsWith("..") || near === "" ? resolve(path) : near;
}

function offsetOf(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("a whole number, such as 0 or 1000");
}

const namesOf = (text: string): string[] =>
  text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
const collect = (text: string, before: string[]): string[] => [...before, text];

function satelliteOf(text: string): [string, string] {
  const [, machine, hub] = /^([\w-]+)=([\w-]+)$/.exec(text) ?? [];
  if (machine !== undefined && hub !== undefined) return [machine, hub];
  throw new OperatorError("import.satellite", `--satellite ${text} names no two machines`, "Write --satellite nas=pc2");
}

const print = (line: string) => void process.stdout.write(`${line}\n`);
const printJson = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
};
