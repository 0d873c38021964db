/** `tandem secrets audit`: looks for every secret of the site where none belongs, on both machines and in what Pulumi keeps. */
import type { Command } from "commander";
import { shellCommand } from "../components/reach.ts";
import { reachOf } from "../components/site-reach.ts";
import { OperatorError } from "./error.ts";
import { type Finding, readScan, redacted, type ScanResult, scanInput, scanScript } from "./secrets/machine-scan.ts";
import { leastLength, type Pattern, patternsOf, secretsIn } from "./secrets/patterns.ts";
import { planOf, secretsOf, stateOf } from "./secrets/pulumi.ts";
import { runShell, unreachable } from "./site/shell.ts";
import { readStacks, type Stack, siteDir } from "./site/stacks.ts";

interface AuditOptions {
  stack: string[];
  dir: string;
  preview: boolean;
  json: boolean;
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
    .option("--stack <name...>", "stacks to audit", ["mainpc", "pc2"])
    .option("--no-preview", "leave out the plans, which take some seconds a stack")
    .option("--dir <folder>", "folder with Pulumi.yaml and the stacks' files", siteDir)
    .option("--json", "print one JSON object", false)
    .addHelpText("after", "\nExample:\n  $ tandem secrets audit --stack mainpc")
    .action(audit);
}

interface MachineReport extends ScanResult {
  machine: string;
}

async function audit({ stack: names, dir, preview, json }: AuditOptions): Promise<void> {
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const stacks = readStacks(names, dir);
  const patterns = await allPatterns(stacks, say);
  const machines: MachineReport[] = [];
  for (const stack of stacks) {
    say(`searching ${stack.site.machine.name}, up to a minute or so`);
    machines.push(await scanMachine(stack, patterns));
  }
  const here: Finding[] = [];
  for (const stack of stacks) {
    say(`searching the ${preview ? "plan and state" : "state"} of ${stack.name}`);
    here.push(...found(await stateOf(stack), patterns, "state", stack));
    if (preview) here.push(...found(await planOf(stack), patterns, "plan", stack));
  }
  const findings = [...machines.flatMap((report) => report.findings.map((one) => at(one, report.machine))), ...here];
  process.exitCode = findings.length > 0 ? exitFound : 0;
  const secrets = new Set(patterns.map(({ secret }) => secret)).size;
  if (json) return void process.stdout.write(`${JSON.stringify({ secrets, findings, machines })}\n`);
  process.stdout.write(`${toText(secrets, findings, machines).join("\n")}\n`);
}

async function allPatterns(stacks: Stack[], say: (line: string) => void): Promise<Pattern[]> {
  const secrets = (await Promise.all(stacks.map((stack) => secretsOf(stack)))).flat();
  for (const { name, value } of secrets)
    if (value.length < leastLength) say(`${name} is shorter than ${leastLength} characters and cannot be searched for`);
  const patterns = secrets.flatMap(patternsOf);
  if (patterns.length > 0) return patterns;
  const stacksNamed = stacks.map(({ name }) => name).join(" and ");
  const next = "Set one with: pulumi config set -s <stack> --secret <key>, or write the site with `tandem init`";
  throw new OperatorError("secrets.none", `no secret to search for: the files of ${stacksNamed} hold none`, next);
}

async function scanMachine({ site }: Stack, patterns: readonly Pattern[]): Promise<MachineReport> {
  const { name } = site.machine;
  const command = shellCommand(reachOf(site), scanScript(site.paths.config, []));
  const result = await runShell(command, { stdin: scanInput(patterns), deadlineMs: scanDeadlineMs });
  const lost = unreachable(site, result);
  if (lost !== undefined) throw lost;
  if (result.code !== 0) {
    const next = "Run it as a user who may read all processes and use Docker: ssh.user and ssh.become of the stack";
    throw new OperatorError("secrets.scan", `the search on ${name} ended with ${result.code}: ${result.stderr}`, next);
  }
  return { machine: name, ...readScan(redacted(result.stdout, patterns)) };
}

function found(text: string, patterns: readonly Pattern[], place: string, { name }: Stack): Finding[] {
  return secretsIn(text, patterns).map((secret) => ({ secret, place, where: `stack ${name}` }));
}

const at = (finding: Finding, machine: string): Finding => ({ ...finding, where: `${machine}: ${finding.where}` });

function toText(secrets: number, findings: Finding[], machines: MachineReport[]): string[] {
  const lines = findings.map(({ secret, place, where }) => `FOUND  ${secret}  in ${place} ${where}`);
  if (findings.length > 0) lines.push("  → Change each secret that was found, then remove the copy");
  for (const { machine, foreign } of machines) {
    const names = [...new Set(foreign.map(({ name, where }) => `${name} of ${where}`))];
    if (names.length > 0) lines.push(`${machine}: not the site's, but open all the same: ${names.join(", ")}`);
  }
  for (const { machine, looked } of machines) lines.push(`${machine}: ${looked.join(", ")}`);
  lines.push(`${secrets} secrets searched for, ${findings.length === 0 ? "none found" : `${findings.length} found`}`);
  return lines;
}
