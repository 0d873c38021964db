/** `tandem secrets audit`: looks for every secret of the site where none belongs, on its machines and in what Pulumi keeps. */
import type { Command } from "commander";
import { shellCommand } from "../components/reach.ts";
import { reachOf } from "../components/site-reach.ts";
import { OperatorError } from "./error.ts";
import { leaveEvidence } from "./readiness/evidence.ts";
import { type Finding, readScan, redacted, type ScanResult, scanInput, scanScript } from "./secrets/machine-scan.ts";
import { leastLength, type Pattern, patternsOf, secretsIn } from "./secrets/patterns.ts";
import { planOf, secretsOf, stateOf } from "./secrets/pulumi.ts";
import { runShell, unreachable } from "./site/shell.ts";
import { readStacks, type Stack, siteDir } from "./site/stacks.ts";

interface AuditOptions {
  stack?: string[];
  dir: string;
  preview: boolean;
  json: boolean;
  evidence?: string;
}

const exitFound = 1;
const scanDeadlineMs = 300_000;

export function registerSecrets(program: Command): void {
  const secrets = program.command("secrets").description("the site's secrets: look for them where none belongs");
  secrets
    .command("audit")
    .description(
      "search processes, environments, containers, images, logs and files of each machine, and Pulumi's plans and state, " +
        "for every secret of the stacks; ends with 1 when one is found, naming the place and never the value",
    )
    .option("--stack <name...>", "stacks to audit (default: the pair's and the satellites')")
    .option("--no-preview", "leave out the plans, which take some seconds a stack")
    .option("--dir <folder>", "folder with Pulumi.yaml and the stacks' files", siteDir)
    .option("--evidence <dir>", "leave there what tandem readiness reads")
    .option("--json", "print one JSON object", false)
    .addHelpText("after", "\nExample:\n  $ tandem secrets audit --stack mainpc")
    .action(audit);
}

type Say = (line: string) => void;

interface MachineReport extends ScanResult {
  machine: string;
}

/** A place that could not be searched, so that nothing can be said of it. */
interface Unsearched {
  place: string;
  code: string;
  message: string;
  next: string;
}

async function audit({ stack: names, dir, preview, json, evidence }: AuditOptions): Promise<void> {
  const say: Say = (line) => void process.stderr.write(`${line}\n`);
  const stacks = readStacks(names, dir);
  const { patterns, tooShort } = await allPatterns(stacks, say);
  const unsearched: Unsearched[] = [];
  const tried = async <T>(place: string, search: Promise<T>): Promise<T | undefined> => {
    try {
      return await search;
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      unsearched.push({ place, code: error.code, message: error.message, next: error.next });
      return undefined;
    }
  };
  // The machines search while the engine here plans.
  const scans = stacks.map((stack) => tried(stack.site.machine.name, scanMachine(stack, patterns, say)));
  const plans = stacks.map((stack) => tried(`stack ${stack.name}`, searchHere(stack, patterns, preview, say)));
  const here = (await Promise.all(plans)).flatMap((findings) => findings ?? []);
  const machines = (await Promise.all(scans)).filter((report) => report !== undefined);
  const findings = [...machines.flatMap((report) => report.findings.map((one) => at(one, report.machine))), ...here];
  process.exitCode = findings.length + unsearched.length > 0 ? exitFound : 0;
  const secrets = new Set(patterns.map(({ secret }) => secret)).size;
  leaveEvidence(evidence, "tandem", {
    name: "secrets-audit",
    ok: findings.length + unsearched.length === 0,
    figures: { secrets, found: findings.length, unsearched: unsearched.length, previewed: preview ? 1 : 0 },
  });
  if (json)
    return void process.stdout.write(`${JSON.stringify({ secrets, tooShort, findings, unsearched, machines })}\n`);
  process.stdout.write(`${toText({ secrets, findings, unsearched, machines }).join("\n")}\n`);
}

async function allPatterns(stacks: Stack[], say: Say): Promise<{ patterns: Pattern[]; tooShort: string[] }> {
  const secrets = (await Promise.all(stacks.map((stack) => secretsOf(stack)))).flat();
  const tooShort = secrets.filter(({ value }) => value.length < leastLength).map(({ name }) => name);
  for (const name of tooShort) say(`${name} is shorter than ${leastLength} characters and cannot be searched for`);
  const patterns = secrets.flatMap(patternsOf);
  if (patterns.length > 0) return { patterns, tooShort };
  const none = tooShort.length === 0 ? "hold none" : `hold none of ${leastLength} characters or more`;
  const stacksNamed = stacks.map(({ name }) => name).join(" and ");
  const next = "Set one with: pulumi config set -s <stack> --secret <key>, or write the site with `tandem init`";
  throw new OperatorError("secrets.none", `no secret to search for: the files of ${stacksNamed} ${none}`, next);
}

async function scanMachine({ site }: Stack, patterns: readonly Pattern[], say: Say): Promise<MachineReport> {
  const { name } = site.machine;
  const startedMs = performance.now();
  say(`searching ${name}, up to a minute or so`);
  const command = shellCommand(reachOf(site), scanScript(site.paths.config, []));
  const options = { stdin: scanInput(patterns), holdInput: true, deadlineMs: scanDeadlineMs };
  const result = await runShell(command, options);
  const lost = unreachable(site, result);
  if (lost !== undefined) throw lost;
  if (result.code !== 0) {
    const next = "Run it as a user who may read all processes and use Docker: ssh.user and ssh.become of the stack";
    throw new OperatorError("secrets.scan", `the search on ${name} ended with ${result.code}: ${result.stderr}`, next);
  }
  say(`searched ${name} in ${Math.round((performance.now() - startedMs) / 1_000)} s`);
  return { machine: name, ...readScan(redacted(result.stdout, patterns)) };
}

async function searchHere(stack: Stack, patterns: readonly Pattern[], preview: boolean, say: Say): Promise<Finding[]> {
  say(`searching the ${preview ? "plan and state" : "state"} of ${stack.name}`);
  const findings = found(await stateOf(stack), patterns, "state", stack);
  return preview ? [...findings, ...found(await planOf(stack), patterns, "plan", stack)] : findings;
}

function found(text: string, patterns: readonly Pattern[], place: string, { name }: Stack): Finding[] {
  return secretsIn(text, patterns).map((secret) => ({ secret, place, where: `stack ${name}` }));
}

const at = (finding: Finding, machine: string): Finding => ({ ...finding, where: `${machine}: ${finding.where}` });

interface Report {
  /** How many were searched for. */
  secrets: number;
  findings: Finding[];
  unsearched: Unsearched[];
  machines: MachineReport[];
}

function toText({ secrets, findings, unsearched, machines }: Report): string[] {
  const lines = findings.map(({ secret, place, where }) => `FOUND  ${secret}  in ${place} ${where}`);
  if (findings.length > 0) lines.push("  → Change each secret that was found, then remove the copy");
  for (const { place, message, next } of unsearched) lines.push(`NOT SEARCHED  ${place}: ${message}`, `  → ${next}`);
  for (const { machine, foreign } of machines) {
    const names = [...new Set(foreign.map(({ name, where }) => `${name} of ${where}`))];
    if (names.length > 0) lines.push(`${machine}: not the site's, but open all the same: ${names.join(", ")}`);
  }
  for (const { machine, looked } of machines) lines.push(`${machine}: ${looked.join(", ")}`);
  const but = unsearched.length === 0 ? "" : `, but ${unsearched.length} places not searched`;
  lines.push(
    `${secrets} secrets searched for, ${findings.length === 0 ? "none found" : `${findings.length} found`}${but}`,
  );
  return lines;
}
