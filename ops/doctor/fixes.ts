/** Carries out the fixes that can do no harm, each after a yes. */
import { OperatorError } from "../error.ts";
import type { Look } from "./look.ts";

export interface Fixed {
  machine: string;
  what: string;
  outcome: "done" | "left" | "failed";
  /** Why it failed; empty otherwise. */
  why: string;
}

/** @param agrees asked before each one, in words */
export async function carryOut(
  { reports, run }: Look,
  agrees: (question: string) => Promise<boolean>,
): Promise<Fixed[]> {
  const fixed: Fixed[] = [];
  for (const { machine, checks } of reports) {
    for (const fix of checks.flatMap((check) => check.fix ?? [])) {
      const { what, script } = fix;
      if (!(await agrees(`${machine}: ${what}`))) {
        fixed.push({ machine, what, outcome: "left", why: "" });
        continue;
      }
      fixed.push({ machine, what, ...(await tried(run(machine, script))) });
    }
  }
  return fixed;
}

async function tried(run: Promise<void>): Promise<Pick<Fixed, "outcome" | "why">> {
  try {
    await run;
    return { outcome: "done", why: "" };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { outcome: "failed", why: error.message };
  }
}
