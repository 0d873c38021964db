/**
 * The lease of single writers at the witness: what its keys were seen to be and since when, and the writes that renew or take
 * them. Nothing expires there; safety rests on compare-and-set and on each side's own watching.
 */
import { countedMs, owns, peerVoteUntil } from "./lease.ts";
import type { FailoverLimits } from "./limits.ts";
import { want } from "./memory.ts";
import type { FailoverCommand, FailoverEvent, WitnessKey } from "./messages.ts";
import type { ServiceSpec } from "./service.ts";
import type { FailoverState, Step, WitnessSight, WitnessState, WitnessWrite } from "./state.ts";
import { entryOf, staysAt } from "./table.ts";

type ReadAnswer = Extract<FailoverEvent, { type: "witness-read" }>;
type WriteAnswer = Extract<FailoverEvent, { type: "witness-written" }>;

const nowhere = { epoch: 0, turn: 0, revision: 0, writer: undefined };

/** Whether it was heard of late; a site without one has none that answers. */
export function witnessAnswers({ setup, witness }: FailoverState, atMs: number, limits: FailoverLimits): boolean {
  return setup.witness && witness.view !== undefined && atMs - witness.answeredAtMs < limits.leaseMs;
}

/** Whether nobody renewed the key for a lease, as this machine watched it. */
export function hasLapsed({ witness }: FailoverState, service: ServiceSpec, atMs: number, limits: FailoverLimits) {
  const sight = witness.view?.[service.name];
  return sight !== undefined && atMs - sight.seenAtMs >= limits.leaseMs;
}

/** Whether it holds nothing of the service, because nobody wrote yet, or because it lost its memory: it has no vote then. */
export function knowsNothing({ witness }: FailoverState, service: ServiceSpec): boolean {
  return witness.view?.[service.name]?.key.revision === 0;
}

/** Asks what it holds, four times a lease; an answer that never came is given up after one. */
export function askWitness(state: FailoverState, atMs: number, limits: FailoverLimits): Step {
  const { witness, setup } = state;
  const reading = witness.readingSinceMs !== undefined && atMs - witness.readingSinceMs < limits.leaseMs;
  if (!setup.witness || reading || atMs - witness.askedAtMs < limits.leaseMs / 4) return { state, commands: [] };
  const asked = { ...witness, askedAtMs: atMs, readingSinceMs: atMs, overtaken: [] };
  return { state: { ...state, witness: asked }, commands: [{ type: "read-witness" }] };
}

export function witnessRead(state: FailoverState, { keys, atMs }: ReadAnswer): FailoverState {
  // An answer to a read that was given up says what was true once.
  if (state.witness.readingSinceMs === undefined) return state;
  if (keys === "silent")
    return { ...state, witness: { ...state.witness, readingSinceMs: undefined, silentAtMs: atMs } };
  const { overtaken, writing } = state.witness;
  const view: Record<string, WitnessSight> = {};
  let after: FailoverState = { ...state, untold: false };
  for (const service of state.setup.services) {
    const before = state.witness.view?.[service.name];
    if (before !== undefined && overtaken.includes(service.name)) {
      view[service.name] = before;
      continue;
    }
    const key = keys[service.name];
    view[service.name] = look(before, key, atMs);
    if (key === undefined || key.epoch <= entryOf(after.wanted, service).epoch) continue;
    const stays = staysAt(service, key.epoch, entryOf(after.wanted, service));
    after = want(after, service, { epoch: key.epoch, released: false, ...stays }, writing[service.name]?.takes);
  }
  const settled = Object.entries(writing).filter(([service, { inDoubt }]) => !inDoubt || overtaken.includes(service));
  const witness = {
    ...state.witness,
    view,
    answeredAtMs: atMs,
    readingSinceMs: undefined,
    writing: Object.fromEntries(settled),
  };
  return { ...after, witness };
}

function look(before: WitnessSight | undefined, key: WitnessKey | undefined, atMs: number): WitnessSight {
  const { epoch, turn, revision, writer } = key ?? nowhere;
  const known = before?.key;
  const same = known?.epoch === epoch && known.turn === turn && known.revision === revision && known.writer === writer;
  return before !== undefined && same ? before : { key: { epoch, turn, revision, writer }, seenAtMs: atMs };
}

/** Writes the key: to renew what is owned, or to take (`takes` says why) the given epoch. */
export function writeWitness(
  state: FailoverState,
  service: ServiceSpec,
  epoch: number,
  takes: string | undefined,
  atMs: number,
): Step {
  const sight = state.witness.view?.[service.name];
  if (sight === undefined || state.witness.writing[service.name] !== undefined) return { state, commands: [] };
  const turn = state.witness.turn + 1;
  const write: WitnessWrite = { epoch, turn, begunAtMs: atMs, takes, inDoubt: false };
  const writing = { ...state.witness.writing, [service.name]: write };
  const { revision: expectedRevision } = sight.key;
  const command: FailoverCommand = {
    type: "write-witness",
    service: service.name,
    epoch,
    writer: state.setup.machine,
    turn,
    expectedRevision,
  };
  return { state: { ...state, witness: { ...state.witness, turn, writing } }, commands: [command] };
}

export function witnessWritten(state: FailoverState, answer: WriteAnswer, limits: FailoverLimits): FailoverState {
  const { service: name, epoch, turn, result, atMs } = answer;
  const write = state.witness.writing[name];
  const service = state.setup.services.find((each) => each.name === name);
  if (service === undefined || write?.turn !== turn || write.epoch !== epoch) return state;
  if (result === "silent" && write.takes !== undefined)
    return readSoon(putWrite(state, name, { ...write, inDoubt: true }));
  const done = putWrite(state, name, undefined);
  // Somebody else wrote: nothing is known of it before the next read.
  if (result === "conflict") return readSoon(forgetSight(done, name));
  if (result === "silent") return readSoon(done, atMs);

  const key = { epoch, turn, revision: result, writer: state.setup.machine };
  const witness: WitnessState = {
    ...done.witness,
    answeredAtMs: atMs,
    view: { ...done.witness.view, [name]: { key, seenAtMs: atMs } },
  };
  const vote = { epoch, untilMs: write.begunAtMs + countedMs(limits) };
  const lease = { ...done.lease, witnessVotes: { ...done.lease.witnessVotes, [name]: vote } };
  const after = { ...done, witness, lease };
  if (write.takes === undefined || entryOf(after.wanted, service).epoch >= epoch) return after;
  const stays = staysAt(service, epoch, entryOf(after.wanted, service));
  return want(after, service, { epoch, released: false, ...stays }, write.takes);
}

/** A write in flight or in doubt for longer than a lease is given up: what it did will be read one day. */
export function forgetLostWrites(state: FailoverState, atMs: number, limits: FailoverLimits): FailoverState {
  const lost = Object.entries(state.witness.writing).filter(([, write]) => atMs - write.begunAtMs > 2 * limits.leaseMs);
  return lost.reduce((after, [service]) => readSoon(putWrite(after, service, undefined)), state);
}

/**
 * Records what this machine owns, and renews it where the peer's vote grows old: a pair that hears each other leaves the witness
 * alone. An owner whose instance is ill lets it lapse, so that a peer that cannot hear it may take.
 */
export function renewWitness(state: FailoverState, service: ServiceSpec, atMs: number, limits: FailoverLimits): Step {
  const stay = { state, commands: [] };
  const { epoch, released } = entryOf(state.saved, service);
  const sight = state.witness.view?.[service.name];
  if (!service.singleWriter || state.blank || released || sight === undefined || !owns(state, service, state.saved))
    return stay;
  if (sight.key.epoch > epoch || state.handOvers[service.name]?.step === "hushes") return stay;
  const firm = peerVoteUntil(state, service, limits) - atMs > 0.65 * limits.leaseMs;
  const recorded = sight.key.epoch === epoch && sight.key.writer === state.setup.machine;
  const instance = state.health[`${state.setup.machine}/${service.name}`];
  const lets = instance?.value === "unhealthy" && service.mode === "warm";
  // An epoch that is not recorded yet is, however ill: a peer that comes back must not go on in the one before.
  if (recorded && (firm || lets)) return stay;
  // What the peer holds there in a lower epoch may be renewed by it this very moment, where it has not heard of this one; an
  // operator answers for it that it is off.
  const isPeers = sight.key.epoch < epoch && sight.key.writer === state.setup.peer;
  const isOff = state.confirmed[service.name]?.epoch === epoch;
  if (!firm && !isOff && isPeers && !hasLapsed(state, service, atMs, limits)) return stay;
  // A key that is not there may have been lost with all that it knew: only two that agree may write it anew.
  if (!firm && sight.key.revision === 0) return stay;
  // One that does not answer is not to be asked at each tick.
  if (atMs - state.witness.silentAtMs < limits.leaseMs / 8) return stay;
  const vote = state.lease.witnessVotes[service.name];
  const fresh = vote?.epoch === epoch && vote.untilMs - atMs > 0.65 * limits.leaseMs;
  return fresh ? stay : writeWitness(state, service, epoch, undefined, atMs);
}

function putWrite(state: FailoverState, service: string, write: WitnessWrite | undefined): FailoverState {
  const { [service]: _, ...others } = state.witness.writing;
  const writing = write === undefined ? others : { ...others, [service]: write };
  const overtaken = [...state.witness.overtaken, service];
  return { ...state, witness: { ...state.witness, writing, overtaken } };
}

function forgetSight(state: FailoverState, service: string): FailoverState {
  const { [service]: _, ...view } = state.witness.view ?? {};
  return { ...state, witness: { ...state.witness, view } };
}

function readSoon(state: FailoverState, silentAtMs = state.witness.silentAtMs): FailoverState {
  return { ...state, witness: { ...state.witness, askedAtMs: Number.NEGATIVE_INFINITY, silentAtMs } };
}
