/** What a command that proves something leaves behind: one small JSON file a run, which `tandem readiness` reads. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { messageOf } from "../../hub/io/log.ts";
import { OperatorError } from "../error.ts";
import { writeWhole } from "../local/data-folder.ts";

export const Evidence = z.strictObject({
  v: z.literal(1),
  /** What was proved or measured. @example "prove-loss" */
  name: z.string().regex(/^[a-z0-9-]+$/),
  /** When it ended, ISO 8601 in UTC. */
  at: z.iso.datetime(),
  /** @example "npm run prove:loss -- --minutes 30 --seed 7" */
  command: z.string(),
  /** Whether it holds by its own word. */
  ok: z.boolean(),
  figures: z.record(z.string(), z.number()),
  version: z.string(),
  /** Null where git does not know it. */
  commit: z.string().nullable(),
  /** Whether files were changed since that commit. */
  dirty: z.boolean(),
});
export type Evidence = z.infer<typeof Evidence>;

export interface Found {
  evidence: Evidence[];
  /** Files that are none, with the reason. */
  unread: string[];
}

/** Where the commands are told to leave it, and where it is looked for. */
export const evidenceDir = ".tandem-evidence";
const root = join(import.meta.dirname, "..", "..");

/**
 * Keeps what a command has proved, under a name of its own, so that no run hides an earlier one.
 * @param dir as the operator gave it; nothing is written where that is undefined
 * @param script as it is begun, such as `npm run prove:loss`; the words that it was given follow
 */
export function leaveEvidence(
  dir: string | undefined,
  script: string,
  { name, ok, figures }: Pick<Evidence, "name" | "ok" | "figures">,
  words: readonly string[] = process.argv.slice(2),
): void {
  if (dir === undefined) return;
  const at = new Date().toISOString();
  const given = wordsWithout(words, "--evidence");
  const between = script.startsWith("npm run") && given.length > 0 ? " --" : "";
  const command = [`${script}${between}`, ...given].join(" ");
  const finite = Object.fromEntries(Object.entries(figures).filter(([, value]) => Number.isFinite(value)));
  const evidence: Evidence = { v: 1, name, at, command, ok, figures: finite, version: version(), ...commit() };
  mkdirSync(dir, { recursive: true });
  writeWhole(join(dir, `${name}-${at.replaceAll(/[:.]/g, "")}.json`), `${JSON.stringify(evidence, null, 2)}\n`);
}

/** @throws OperatorError when the folder cannot be read; one that is not there holds nothing */
export function readEvidence(dir: string): Found {
  if (!existsSync(dir)) return { evidence: [], unread: [] };
  const found: Found = { evidence: [], unread: [] };
  try {
    for (const file of readdirSync(dir)
      .filter((name) => name.endsWith(".json"))
      .sort()) {
      const parsed = parse(readFileSync(join(dir, file), "utf8"));
      if (parsed === undefined) found.unread.push(`${join(dir, file)} is no evidence of this version of tandem`);
      else found.evidence.push(parsed);
    }
  } catch (error) {
    throw new OperatorError(
      "readiness.folder",
      `${dir} cannot be read: ${messageOf(error)}`,
      "Name another with --evidence",
    );
  }
  return found;
}

function parse(text: string): Evidence | undefined {
  try {
    return Evidence.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** @example wordsWithout(["--seed", "7", "--evidence", "dir"], "--evidence") → ["--seed", "7"] */
export function wordsWithout(words: readonly string[], option: string): string[] {
  return words.filter((word, i) => word !== option && !word.startsWith(`${option}=`) && words[i - 1] !== option);
}

function version(): string {
  return (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }).version; // our own file
}

function commit(): Pick<Evidence, "commit" | "dirty"> {
  const git = (...words: string[]) =>
    execFileSync("git", ["-C", root, ...words], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    return { commit: git("rev-parse", "HEAD"), dirty: git("status", "--porcelain", "--untracked-files=no") !== "" };
  } catch {
    return { commit: null, dirty: false };
  }
}
