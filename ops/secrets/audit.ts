/** Looks for every secret of the site where none belongs, on its machines and in what Pulumi keeps. */
import { OperatorError } from "../error.ts";
import { leaveEvidence } from "../readiness/evidence.ts";
import { readStacks, type Stack } from "../site/stacks.ts";
import { type Progress, progressOf } from "../terminal/progress.ts";
import { leastLength, type Pattern, patternsOf } from "./patterns.ts";
import { secretsOf } from "./pulumi.ts";
import { type Searched, searchAll } from "./search.ts";

export interface AuditOptions {
  stack?: string[];
  dir: string;
  preview: boolean;
  json: boolean;
  evidence?: string;
}

const exitFound = 1;

export async function audit({ stack: names, dir, preview, json, evidence }: AuditOptions): Promise<void> {
  const progress = progressOf({ json });
  const stacks = readStacks(names, dir);
  const { patterns, tooShort } = await allPatterns(stacks, progress);
  const { findings, unsearched, machines } = await searchAll(stacks, patterns, preview, progress);
  process.exitCode = findings.length + unsearched.length > 0 ? exitFound : 0;
  const secrets = new Set(patterns.map(({ secret }) => secret)).size;
  leaveEvidence(evidence, "tandem", {
    name: "secrets-audit",
    ok: findings.length + unsearched.length === 0,
    figures: {
      secrets,
      found: findings.length,
      unsearched: unsearched.length,
      tooShort: tooShort.length,
      previewed: preview ? 1 : 0,
      whole: names === undefined || isWhole(names, dir) ? 1 : 0,
    },
  });
  if (json)
    return void process.stdout.write(`${JSON.stringify({ secrets, tooShort, findings, unsearched, machines })}\n`);
  process.stdout.write(`${toText({ secrets, findings, unsearched, machines }).join("\n")}\n`);
}

/** Whether these are all stacks of the site. */
export function isWhole(names: readonly string[], dir: string): boolean {
  try {
    return readStacks(undefined, dir).every(({ name }) => names.includes(name));
  } catch (error) {
    if (error instanceof OperatorError) return false;
    throw error;
  }
}

async function allPatterns(
  stacks: Stack[],
  { step, say }: Progress,
): Promise<{ patterns: Pattern[]; tooShort: string[] }> {
  const named = stacks.map(({ name }) => name).join(" and ");
  const work = () => Promise.all(stacks.map((stack) => secretsOf(stack)));
  const secrets = (await step({ title: `opening the secrets of ${named}`, work })).flat();
  const tooShort = secrets.filter(({ value }) => value.length < leastLength).map(({ name }) => name);
  for (const name of tooShort) say(`${name} is shorter than ${leastLength} characters and cannot be searched for`);
  const patterns = secrets.flatMap(patternsOf);
  if (patterns.length > 0) return { patterns, tooShort };
  const none = tooShort.length === 0 ? "hold none" : `hold none of ${leastLength} characters or more`;
  const next = "Set one with: pulumi config set -s <stack> --secret <key>, or write the site with `tandem init`";
  throw new OperatorError("secrets.none", `no secret to search for: the files of ${named} ${none}`, next);
}

interface Report extends Searched {
  /** How many were searched for. */
  secrets: number;
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
