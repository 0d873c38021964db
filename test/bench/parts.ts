/** Parts of docs/benchmarks.md that benches of their own write: each stays as it is when the rest, or another part, is written anew. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const benchmarksPage = join(import.meta.dirname, "..", "..", "docs", "benchmarks.md");
export const headings = { failover: "## Failover\n", page: "## From event to page\n" } as const;

/** From its heading up to the next one; empty where it is not there. */
export function partIn(text: string, heading: string): string {
  const start = text.indexOf(heading);
  if (start === -1) return "";
  const end = text.indexOf("\n## ", start);
  return text.slice(start, end === -1 ? undefined : end + 1);
}

/** In its place, or behind all others. */
export function withPart(text: string, heading: string, part: string): string {
  const before = partIn(text, heading);
  return before === ""
    ? `${text.trimEnd()}\n\n${part}`
    : text.replace(before, () => (isLast(text, before) ? part : `${part}\n`));
}

/** The text, and behind it the parts that stand in that file. */
export function withPartsOf(file: string, text: string): string {
  const before = existsSync(file) ? readFileSync(file, "utf8") : "";
  const parts = Object.values(headings).map((heading) => partIn(before, heading).trimEnd());
  return [text.trimEnd(), ...parts.filter((part) => part !== "")].join("\n\n").concat("\n");
}

const isLast = (text: string, part: string) => text.endsWith(part);
