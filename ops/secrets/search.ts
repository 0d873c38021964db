/** Searches machines, and what Pulumi keeps of their stacks, for secrets. */
import { shellCommand } from "../../components/reach.ts";
import { reachOf } from "../../components/site-reach.ts";
import { OperatorError } from "../error.ts";
import { runShell, unreachable } from "../site/shell.ts";
import type { Stack } from "../site/stacks.ts";
import type { Progress, Step } from "../terminal/progress.ts";
import {
  type Finding,
  readScan,
  redacted,
  type ScanResult,
  scanInput,
  scanScript,
  scanUnread,
} from "./machine-scan.ts";
import { type Pattern, secretsIn } from "./patterns.ts";
import { planOf, stateOf } from "./pulumi.ts";

const scanDeadlineMs = 300_000;

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

/** Of one machine, or of what Pulumi keeps of it. */
interface SearchedPlace {
  findings: Finding[];
  report?: MachineReport;
}

/** @param preview whether the plans are searched as well as the states, which takes some seconds a stack */
export async function searchAll(
  stacks: readonly Stack[],
  patterns: readonly Pattern[],
  preview: boolean,
  { steps }: Pick<Progress, "steps">,
): Promise<Searched> {
  const unsearched: Unsearched[] = [];
  const tried = (place: string, { work, ...step }: Step<SearchedPlace>): Step<SearchedPlace | undefined> => ({
    ...step,
    isWell: (searched) => searched !== undefined,
    async work(say) {
      try {
        return await work(say);
      } catch (error) {
        if (!(error instanceof OperatorError)) throw error;
        unsearched.push({ place, code: error.code, message: error.message, next: error.next });
        return undefined;
      }
    },
  });
  // The machines search while the engine here plans.
  const searched = await steps([
    ...stacks.map((stack) => tried(stack.site.machine.name, machineSearch(stack, patterns))),
    ...stacks.map((stack) => tried(`stack ${stack.name}`, searchHere(stack, patterns, preview))),
  ]);
  const findings = searched.flatMap((one) => one?.findings ?? []);
  return { findings, unsearched, machines: searched.flatMap((one) => one?.report ?? []) };
}

function machineSearch(stack: Stack, patterns: readonly Pattern[]): Step<SearchedPlace> {
  const { name } = stack.site.machine;
  return {
    title: `searching ${name}, up to a minute or so`,
    async work() {
      const report = await scanMachine(stack, patterns);
      return { report, findings: report.findings.map((one) => ({ ...one, where: `${name}: ${one.where}` })) };
    },
    ended: (seconds) => `searched ${name} in ${seconds} s`,
  };
}

async function scanMachine({ site }: Stack, patterns: readonly Pattern[]): Promise<MachineReport> {
  const { name } = site.machine;
  const command = shellCommand(reachOf(site), scanScript(site.paths.config, []));
  const options = { stdin: scanInput(patterns), holdInput: true, deadlineMs: scanDeadlineMs };
  const result = await runShell(command, options);
  const lost = unreachable(site, result);
  if (lost !== undefined) throw lost;
  if (result.code !== 0) {
    const next =
      result.code === scanUnread
        ? "Mend that, such as by room in /var/tmp for all images of the pair, and run it again"
        : "Run it as a user who may read all processes and use Docker: ssh.user and ssh.become of the stack";
    // A container or file may be called by a secret, also in what is said of it.
    const why = redacted(result.stderr, patterns);
    throw new OperatorError("secrets.scan", `the search on ${name} ended with ${result.code}: ${why}`, next);
  }
  return { machine: name, ...readScan(redacted(result.stdout, patterns)) };
}

function searchHere(stack: Stack, patterns: readonly Pattern[], preview: boolean): Step<SearchedPlace> {
  return {
    title: `searching the ${preview ? "plan and state" : "state"} of ${stack.name}`,
    async work() {
      const findings = found(await stateOf(stack), patterns, "state", stack);
      if (preview) findings.push(...found(await planOf(stack), patterns, "plan", stack));
      return { findings };
    },
  };
}

function found(text: string, patterns: readonly Pattern[], place: string, { name }: Stack): Finding[] {
  return secretsIn(text, patterns).map((secret) => ({ secret, place, where: `stack ${name}` }));
}
