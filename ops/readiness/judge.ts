/** Judges each promise by its evidence: green only where all of it is there, young enough and holds. Pure. */
import type { Evidence } from "./evidence.ts";
import type { Need, Promised } from "./promises.ts";

export type State = "green" | "missing" | "old" | "failed";

export interface Judged {
  name: string;
  command: string;
  state: State;
  /** Why it is not green; empty when it is. */
  why: string;
  /** Undefined where there is none. */
  at: string | undefined;
  ageDays: number | undefined;
  /** As the table shows them. @example { lost: 0 } */
  figures: Record<string, number>;
  /** As it was run; undefined where there is none. */
  ran: string | undefined;
  version: string | undefined;
  commit: string | null;
  dirty: boolean;
}

export interface Row {
  title: string;
  green: boolean;
  evidence: Judged[];
}

const dayMs = 86_400_000;

export function judge(
  promised: readonly Promised[],
  evidence: readonly Evidence[],
  { nowMs, maxDays }: { nowMs: number; maxDays: number },
): Row[] {
  return promised.map(({ title, needs }) => {
    const judged = needs.map((need) => judgeNeed(need, evidence, nowMs, maxDays));
    return { title, green: judged.every(({ state }) => state === "green"), evidence: judged };
  });
}

function judgeNeed(need: Need, evidence: readonly Evidence[], nowMs: number, maxDays: number): Judged {
  const { name, command, scope = {}, shows } = need;
  const newestFirst = evidence.filter((one) => one.name === name).sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  // One that failed counts whatever it looked at: less than all was enough to find something.
  const latest = newestFirst.find((one) => !one.ok || shortOf(one, scope) === undefined);
  const none = {
    at: undefined,
    ageDays: undefined,
    figures: {},
    ran: undefined,
    version: undefined,
    commit: null,
    dirty: false,
  };
  if (latest === undefined) {
    const [partial] = newestFirst;
    const why =
      partial === undefined ? "there is none" : `${shortOf(partial, scope)} in what there is, and it takes more`;
    return { name, command, state: "missing", why, ...none };
  }
  const ageDays = (nowMs - Date.parse(latest.at)) / dayMs;
  const figures = Object.fromEntries(
    shows.flatMap((key) => (key in latest.figures ? [[key, latest.figures[key] ?? 0]] : [])),
  );
  const { at, version, commit, dirty } = latest;
  const facts = { name, command, at, ageDays, figures, ran: latest.command, version, commit, dirty };
  const fault = faultOf(latest, need);
  if (fault !== undefined) return { ...facts, state: "failed", why: fault };
  if (ageDays > maxDays) return { ...facts, state: "old", why: `it is ${Math.floor(ageDays)} days old` };
  return { ...facts, state: "green", why: "" };
}

/** What a run has less of than it takes. @example "minutes 0.5 instead of 2" */
function shortOf({ figures }: Evidence, scope: Readonly<Record<string, number>>): string | undefined {
  const [short] = Object.entries(scope).filter(([key, least]) => (figures[key] ?? 0) < least);
  return short === undefined ? undefined : `${short[0]} is ${figures[short[0]] ?? "not told"} instead of ${short[1]}`;
}

function faultOf({ ok, figures }: Evidence, { most = {}, least = {} }: Need): string | undefined {
  for (const [key, bound] of Object.entries(most)) {
    const value = figures[key];
    if (value === undefined) return `it does not tell ${key}`;
    if (value > bound) return `${key} is ${value}, at most ${bound} is promised`;
  }
  for (const [key, bound] of Object.entries(least)) {
    const value = figures[key];
    if (value === undefined) return `it does not tell ${key}`;
    if (value < bound) return `${key} is ${value}, at least ${bound} is promised`;
  }
  return ok ? undefined : "it says itself that it fails";
}
