/** Searches machines, and what Pulumi keeps of their stacks, for secrets. */
import { shellCommand } from "../../components/reach.ts";
import { reachOf } from "../../components/site-reach.ts";
import { OperatorError } from "../error.ts";
import { runShell, unreachable } from "../site/shell.ts";
import type { Stack } from "../site/stacks.ts";
import { type Finding, readScan, redacted, type ScanResult, scanInput, scanScript } from "./machine-scan.ts";
import { type Pattern, secretsIn } from "./patterns.ts";
import { planOf, stateOf } from "./pulumi.ts";

const scanDeadlineMs = 300_000;

export type Say = (line: string) => void;

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

export interface Searched {
  findings: Finding[];
  unsearched: Unsearched[];
  machines: MachineReport[];
}

/** @param preview whether the plans are searched as well as the states, which takes some seconds a stack */
export async function searchAll(
  stacks: readonly Stack[],
  patterns: readonly Pattern[],
  preview: boolean,
  say: Say,
): Promise<Searched> {
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
  const there = machines.flatMap(({ machine, findings }) =>
    findings.map((finding) => ({ ...finding, where: `${machine}: ${finding.where}` })),
  );
  return { findings: [...there, ...here], unsearched, machines };
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
