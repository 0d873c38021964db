/** Brings the table to disk: nothing of it is acted on, acknowledged or said before the disk has it. */

import { countFlap } from "./damping.ts";
import { ownerOf } from "./epoch.ts";
import type { FailoverLimits } from "./limits.ts";
import type { Entry, FailoverCommand, Saved, Table } from "./messages.ts";
import type { ServiceSpec } from "./service.ts";
import type { FailoverState, Step } from "./state.ts";
import { complete, digestTable, entryOf, mergeTables, sameEntry, withoutFirst } from "./table.ts";

const askAgainMs = 1_000;
/** A disk that took something so lately is taken to take what comes next. */
const provenForMs = 1_000;
/** One that broke is to be found before something has to be written. */
const proveEveryMs = 60_000;
/** A write that takes longer is thought to have failed. */
const unwrittenAfterMs = 2_000;
/** One that nothing waits for: a disk may be slow for a while. */
const unprovenAfterMs = 10_000;

/** The entry is to be on disk; once it is, `why` is told of a move to this machine. */
export function want(state: FailoverState, service: ServiceSpec, entry: Entry, why: string | undefined): FailoverState {
  const reasons = why === undefined ? state.reasons : { ...state.reasons, [service.name]: why };
  return { ...state, wanted: { ...state.wanted, [service.name]: entry }, reasons };
}

/** What another side knows is to be on disk too. */
export function wantAll(state: FailoverState, table: Table): FailoverState {
  const wanted = mergeTables(state.wanted, table);
  return wanted === state.wanted ? state : { ...state, wanted };
}

/** Writes down who owns what never moved, so that another home in the configuration moves it by a hand-over, as any service goes home. */
export function wantFirst(state: FailoverState): FailoverState {
  // Somebody may know later epochs.
  if (state.untold) return state;
  const wanted = complete(state.wanted, state.setup.services);
  return wanted === state.wanted ? state : { ...state, wanted };
}

type OnDisk = Pick<FailoverState, "saved" | "setup" | "peer">;

/**
 * What the other side is told: all that is on disk, but to an older hub, or one that was not heard yet, no first epoch that it has not said
 * itself. It would take that for a move, and keep the service still until its disk has it.
 */
export function saidTable({ saved, setup, peer }: OnDisk): Table {
  if (peer.word?.value.homes !== undefined) return saved;
  return withoutFirst(saved, setup.services, peer.word?.value.table ?? {});
}

/** Of the table on disk with all first epochs; beside an older hub, which counts none that it has not got, of what that is told. */
export function digestSaved(state: OnDisk): string {
  const isOlder = state.peer.word !== undefined && state.peer.word.value.homes === undefined;
  return digestTable(isOlder ? saidTable(state) : complete(state.saved, state.setup.services));
}

/** Whether something of the service is on its way to disk; a first epoch that is written down is no news. */
export function isUnsaved({ wanted, saved }: FailoverState, service: ServiceSpec): boolean {
  return wanted !== saved && !sameEntry(entryOf(wanted, service), entryOf(saved, service));
}

export const isProven = ({ writtenAtMs }: FailoverState, atMs: number) => atMs - writtenAtMs < provenForMs;

/** Whether the disk seems to take nothing. */
export const isUnwritten = ({ unsavedSinceMs, wanted, saved }: FailoverState, atMs: number) =>
  unsavedSinceMs !== undefined && atMs - unsavedSinceMs >= (wanted === saved ? unprovenAfterMs : unwrittenAfterMs);

/**
 * Asks for what is wanted and not on disk, and again each second until it is.
 *
 * @param proof whether something is about to be given away, which is to be done only where the disk can take the word of it
 */
export function persistWanted(state: FailoverState, atMs: number, proof: boolean): Step {
  const { wanted, saved, untold, blank, persisting, writtenAtMs } = state;
  const isUnanswered = persisting !== undefined && writtenAtMs < persisting.atMs;
  const proves = isUnanswered || (proof && !isProven(state, atMs)) || atMs - writtenAtMs >= proveEveryMs;
  if (wanted === saved && blank === untold && !proves)
    return { state: { ...state, persisting: undefined, unsavedSinceMs: undefined }, commands: [] };
  const unsaved = { ...state, unsavedSinceMs: state.unsavedSinceMs ?? atMs };
  const asked = persisting?.table === wanted && persisting.untold === untold;
  if (asked && atMs - persisting.atMs < askAgainMs) return { state: unsaved, commands: [] };
  return {
    state: { ...unsaved, persisting: { table: wanted, untold, atMs } },
    commands: [{ type: "persist", saved: { table: wanted, blank: untold } }],
  };
}

export function persisted(state: FailoverState, disk: Saved, atMs: number, limits: FailoverLimits): Step {
  const saved = mergeTables(state.saved, disk.table);
  // A later wish may be on its way: the disk is behind it then.
  const wanted = mergeTables(saved, state.wanted) === saved ? saved : mergeTables(state.wanted, saved);
  const blank = state.blank && disk.blank;
  const after: FailoverState = {
    ...state,
    saved,
    wanted,
    blank,
    unsavedSinceMs: undefined,
    writtenAtMs: atMs,
  };
  if (saved !== state.saved) after.savedDigest = digestSaved(after);
  return state.setup.services.reduce<Step>(
    (step, service) => notice(step, service, entryOf(state.saved, service), atMs, limits),
    { state: after, commands: [] },
  );
}

/** What a new entry of a service ends, and what it is to be told for. */
function notice(step: Step, service: ServiceSpec, before: Entry, atMs: number, limits: FailoverLimits): Step {
  const { name } = service;
  const entry = entryOf(step.state.saved, service);
  if (sameEntry(entry, before)) return step;
  const { [name]: why, ...reasons } = step.state.reasons;
  const { [name]: _ask, ...asks } = step.state.asks;
  const { [name]: _handOver, ...handOvers } = step.state.handOvers;
  const settled = !isUnsaved(step.state, service);
  const state = {
    ...step.state,
    reasons: settled ? reasons : step.state.reasons,
    asks: entry.epoch === before.epoch ? step.state.asks : asks,
    handOvers,
    changedAtMs: { ...step.state.changedAtMs, [name]: atMs },
  };
  if (entry.epoch === before.epoch) return { ...step, state };

  const owner = ownerOf(service, entry.epoch);
  const from = ownerOf(service, before.epoch);
  // What was released for home and had to be taken back was away from home again.
  const isBack = owner === from && before.released;
  const away = owner === service.standby && (owner !== from || isBack) && entry.stays !== true;
  const flaps = away ? { ...state.flaps, [name]: countFlap(state.flaps[name], atMs, limits) } : state.flaps;
  const after = { ...state, flaps };
  // Its new owner tells of a move, so that it is told once.
  if (why === undefined || owner !== state.setup.machine || owner === from) return { ...step, state: after };
  const moved: FailoverCommand = { type: "moved", service: name, from, to: owner, epoch: entry.epoch, why };
  return { state: after, commands: [...step.commands, moved] };
}
