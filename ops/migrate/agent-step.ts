/**
 * Decides what follows for one agent of the migration from what is kept of it and what is seen of it: at each look the next stage, if
 * it is time, and what is to be done. A deed that was cut off is seen to be undone and told again. Pure.
 */
import type { Family } from "../../hub/core/exposition/family.ts";
import { compareWays, listed } from "./compare.ts";
import type { MigrationLimits } from "./limits.ts";
import { baselineOf, breachOf, type Sample } from "./samples.ts";
import { type AgentMigration, clipped, isSettled, longestNote, longestWhy, mostNotes, type Stage } from "./state.ts";

/** A group of pushes as a hub shows it. */
export interface SeenGroup {
  families: readonly Family[];
  /** Of the hub file that whoever pushed it had read; undefined of one that has none. */
  revision: number | undefined;
  /** Age of its newest push, ms. */
  ageMs: number;
}

/** What one hub shows of an agent. */
export interface HubSight {
  hub: string;
  /** By a scrape. */
  scraped: SeenGroup | undefined;
  /** By its own push, the one that stays. */
  own: SeenGroup | undefined;
  shadow: SeenGroup | undefined;
}

export interface Facts {
  /** Wall ms, for what is written down; no deadline hangs on it. */
  nowMs: number;
  /** How long this run has seen the agent in its stage while the pair was whole, ms: whoever comes after a crash begins anew. */
  inStageMs: number;
  /** Why the pair is not whole; undefined when it is. */
  pairAway: string | undefined;
  /** Whether the agent is a hub itself, which has no hub file. */
  isHub: boolean;
  /** Ports of it on which nothing listens, in words; only looked at in its preflight. */
  deaf: readonly string[];
  /** Since the stage began, as far as this run has seen it. */
  samples: readonly Sample[];
  /** Of both hubs while the pair is whole. */
  sights: readonly HubSight[];
  /** Revision of the hub file that lies on its machine; 0 when there is none. */
  file: number;
}

export type Deed =
  | { do: "write file"; stage: "shadow" | "dual"; revision: number }
  | { do: "remove file" }
  | { do: "delete group"; which: "own" | "shadow" };

export interface Step {
  state: AgentMigration;
  deeds: Deed[];
}

/** Nothing to be done, and nothing changes. */
const stay = (state: AgentMigration): Step => ({ state, deeds: [] });

export function step(state: AgentMigration, facts: Facts, limits: MigrationLimits): Step {
  // What cannot be seen cannot be judged; the pair's own troubles are no agent's fault.
  if (facts.pairAway !== undefined || isSettled(state)) return stay(state);
  switch (state.stage) {
    case "preflight":
      return preflight(state, facts, limits);
    case "shadow":
      return shadow(state, facts, limits);
    case "cutover":
      return cutover(state, facts, limits);
    case "watch":
      return watch(state, facts, limits);
    case "undoing":
      return undoing(state, facts, limits);
    default:
      return stay(state);
  }
}

export function begin(state: AgentMigration, nowMs: number): AgentMigration {
  const fresh = { why: "", notes: [], baseline: null, tookMs: null };
  return { ...state, ...fresh, stage: "preflight", sinceMs: nowMs, begunMs: nowMs };
}

/** Takes back an agent that is not at fault, because its batch was stopped: it waits again afterwards. */
export function withdraw(state: AgentMigration, nowMs: number): AgentMigration {
  return { ...to(state, "undoing", nowMs), why: "" };
}

/** Takes back an agent whatever its stage, by an operator's word. */
export function undo(state: AgentMigration, why: string, nowMs: number): Step {
  return fail(state, why, nowMs);
}

function preflight(
  state: AgentMigration,
  { nowMs, inStageMs, isHub, deaf, samples, sights }: Facts,
  limits: MigrationLimits,
): Step {
  const hasWaited = inStageMs >= limits.baselineMs;
  const baseline = baselineOf(samples);
  const ill = breachOf(samples, null, limits);
  if (deaf.length > 0) return refuse(state, `nothing listens on its ${deaf.join(" and ")}`, nowMs);
  if (ill !== undefined && hasWaited) return refuse(state, ill, nowMs);
  if (baseline === undefined || !hasWaited) {
    const isLate = inStageMs > limits.baselineMs + limits.stepMs;
    return isLate ? refuse(state, "no hub says how it is", nowMs) : stay(state);
  }
  if ((samples.at(-1)?.ill ?? "") !== "") return stay(state);
  const known = { ...state, baseline };
  if (isHub) return stay(settle({ ...known, notes: ["it is the hub itself: nothing is written"] }, "done", nowMs));
  // Of one that is tried again, the group may still be the one by its last hub file.
  const pushedBefore = state.pushedBefore || sights.some(({ own }) => own !== undefined && own.revision === undefined);
  const next = { ...to(known, "shadow", nowMs), pushedBefore, revision: state.revision + 1 };
  return { state: next, deeds: [{ do: "write file", stage: "shadow", revision: next.revision }] };
}

function shadow(state: AgentMigration, facts: Facts, limits: MigrationLimits): Step {
  const { nowMs, inStageMs, sights, file, samples } = facts;
  const ill = breachOf(samples, state.baseline, limits);
  if (ill !== undefined) return fail(state, ill, nowMs);
  const unseen = sights.filter(({ shadow: group }) => group?.revision !== state.revision).map(({ hub }) => hub);
  if (unseen.length > 0) {
    if (inStageMs > limits.stepMs) return fail(state, unread(unseen, file, state, limits), nowMs);
    return { state, deeds: rewrite(state, file, "shadow") };
  }
  const compared = comparedWays(state, sights);
  if (compared === "wait") {
    const isLate = inStageMs > limits.stepMs;
    if (!isLate) return stay(state);
  } else if (compared.missing.length > 0) {
    const why = `${compared.missing.length} of its ${compared.series} series are not among what it pushes: ${listed(compared.missing)}`;
    return fail(state, why, nowMs);
  }
  const notes = compared === "wait" ? ["it showed no metrics before: there was nothing to compare"] : compared.notes;
  const next = {
    ...to(state, "cutover", nowMs),
    revision: state.revision + 1,
    notes: [...state.notes, ...notes].slice(-mostNotes).map((note) => clipped(note, longestNote)),
  };
  return { state: next, deeds: [{ do: "write file", stage: "dual", revision: next.revision }] };
}

function cutover(
  state: AgentMigration,
  { nowMs, inStageMs, sights, file, samples }: Facts,
  limits: MigrationLimits,
): Step {
  const ill = breachOf(samples, state.baseline, limits);
  if (ill !== undefined) return fail(state, ill, nowMs);
  const unseen = sights.filter(({ own }) => own?.revision !== state.revision).map(({ hub }) => hub);
  if (unseen.length === 0 && samples.at(-1)?.ill === "")
    return { state: to(state, "watch", nowMs), deeds: [{ do: "delete group", which: "shadow" }] };
  if (inStageMs > limits.stepMs) {
    const why = unseen.length > 0 ? unread(unseen, file, state, limits) : `not well: ${samples.at(-1)?.ill}`;
    return fail(state, why, nowMs);
  }
  return { state, deeds: rewrite(state, file, "dual") };
}

function watch(
  state: AgentMigration,
  { nowMs, inStageMs, sights, file, samples }: Facts,
  limits: MigrationLimits,
): Step {
  const breach = breachOf(samples, state.baseline, limits) ?? stale(sights, limits);
  if (breach !== undefined) return fail(state, breach, nowMs);
  const deeds = rewrite(state, file, "dual");
  if (sights.some((sight) => sight.shadow !== undefined)) deeds.push({ do: "delete group", which: "shadow" });
  const isOver = inStageMs >= limits.watchMs && samples.at(-1)?.ill === "" && deeds.length === 0;
  if (isOver) return stay(settle(state, "done", nowMs));
  if (inStageMs <= limits.watchMs + limits.stepMs) return { state, deeds };
  const left = deeds.length > 0 ? leftOf(deeds) : samples.at(-1)?.ill || "no hub says how it is";
  return fail(state, `${left}, ${Math.round(limits.stepMs / 1_000)} s after its window`, nowMs);
}

function undoing(state: AgentMigration, { nowMs, inStageMs, sights, file }: Facts, limits: MigrationLimits): Step {
  const deeds = traces(state, sights, file);
  if (deeds.length === 0) return stay(settle(state, state.why === "" ? "waiting" : "undone", nowMs));
  if (inStageMs <= limits.undoMs) return { state, deeds };
  const why = `${state.why}; not wholly undone: ${leftOf(deeds)}`.replace(/^; /, "");
  return stay(settle({ ...state, why: clipped(why, longestWhy) }, "undone", nowMs));
}

/** What was told, and is seen to be undone. */
const leftOf = (deeds: readonly Deed[]): string =>
  deeds.map((deed) => (deed.do === "delete group" ? `its ${deed.which} group comes again` : deed.do)).join(", ");

/** What of the new way is still there. */
function traces({ pushedBefore }: AgentMigration, sights: readonly HubSight[], file: number): Deed[] {
  const deeds: Deed[] = [];
  if (file > 0) deeds.push({ do: "remove file" });
  if (sights.some((sight) => sight.shadow !== undefined)) deeds.push({ do: "delete group", which: "shadow" });
  // Of one that pushed before, the next push of its own replaces what came by the file.
  if (!pushedBefore && sights.some(({ own }) => own?.revision !== undefined))
    deeds.push({ do: "delete group", which: "own" });
  return deeds;
}

function comparedWays(
  { pushedBefore }: AgentMigration,
  sights: readonly HubSight[],
): ReturnType<typeof compareWays> | "wait" {
  const pairs = sights.flatMap(({ own, scraped, shadow: after }) => {
    const before = pushedBefore ? own : scraped;
    return before === undefined || after === undefined ? [] : [compareWays(before.families, after.families)];
  });
  // Both hubs fold to the same: the worse of the two looks counts.
  return pairs.toSorted((a, b) => b.missing.length - a.missing.length)[0] ?? "wait";
}

function stale(sights: readonly HubSight[], { pushAgeMs }: MigrationLimits): string | undefined {
  const ages = sights.map(({ own }) => own?.ageMs ?? Number.POSITIVE_INFINITY);
  const oldest = Math.max(...ages);
  if (ages.length === 0 || oldest <= pushAgeMs) return undefined;
  return Number.isFinite(oldest) ? `its newest push is ${Math.round(oldest / 1_000)} s old` : "its pushes are gone";
}

/** One that was put back, or lost with its disk, is written again. */
function rewrite({ revision }: AgentMigration, file: number, stage: "shadow" | "dual"): Deed[] {
  return file === revision ? [] : [{ do: "write file", stage, revision }];
}

function unread(
  hubs: readonly string[],
  file: number,
  { revision, stage }: AgentMigration,
  { stepMs }: MigrationLimits,
): string {
  const where = file === revision ? "it has not read its hub file" : "its hub file could not be written";
  return `${where}: no push by revision ${revision} (${stage}) came to ${hubs.join(" and ")} within ${Math.round(stepMs / 1_000)} s`;
}

/** Before anything was written there is nothing to take back. */
const refuse = (state: AgentMigration, why: string, nowMs: number): Step =>
  stay(settle({ ...state, why: clipped(`preflight: ${why}`, longestWhy) }, "undone", nowMs));

function fail(state: AgentMigration, why: string, nowMs: number): Step {
  const next = { ...to(state, "undoing", nowMs), why: clipped(`${state.stage}: ${why}`, longestWhy) };
  return { state: next, deeds: [{ do: "remove file" }] };
}

const to = (state: AgentMigration, stage: Stage, nowMs: number): AgentMigration => ({
  ...state,
  stage,
  sinceMs: nowMs,
});

function settle(state: AgentMigration, stage: "done" | "undone" | "waiting", nowMs: number): AgentMigration {
  return { ...to(state, stage, nowMs), tookMs: state.begunMs === null ? null : Math.max(0, nowMs - state.begunMs) };
}
