/**
 * Moves services between the two machines of a pair: takes what is heard, gives what is to be done. What is to be said and
 * obeyed at any moment follows from the state (outcome.ts); all of it rests on what is on disk.
 */

import { isQuiet } from "./hand-over.ts";
import { beatHeard, beatSent, carryLease, digestOf, dropVotes } from "./lease.ts";
import type { FailoverLimits } from "./limits.ts";
import { digestSaved, persisted, wantAll } from "./memory.ts";
import type { FailoverCommand, FailoverEvent, Word } from "./messages.ts";
import { hearGivenUp, heedAsks, obey } from "./operator.ts";
import { settle } from "./settle.ts";
import type { FailoverState, PeerState, Seen, Step } from "./state.ts";
import { witnessRead, witnessWritten } from "./witness.ts";

export function stepFailover(last: FailoverState, event: FailoverEvent, limits: FailoverLimits): Step {
  const before = wake(last, event, limits);
  // Twenty of each a second change nothing but votes, which the next tick counts.
  if (event.type === "beat-sent")
    return { state: { ...before, lease: beatSent(before, event.counter, event.atMs, limits) }, commands: [] };
  if (event.type === "beat-heard") return { state: { ...before, lease: beatHeard(before, event) }, commands: [] };
  const heard = hear(before, event, limits);
  const carried = carry(before, heard.state, limits);
  const settled = settle(carried, event.atMs, limits);
  return { state: carry(carried, settled.state, limits), commands: [...heard.commands, ...settled.commands] };
}

/** What waited while this thread stood still may be taken up before the word that it did. */
function wake(state: FailoverState, { type, atMs }: FailoverEvent, limits: FailoverLimits): FailoverState {
  const hasSlept = atMs - state.tickedAtMs > limits.leaseMs / 4;
  if (hasSlept) return { ...sleepOff(state), tickedAtMs: atMs };
  return type === "tick" ? { ...state, tickedAtMs: atMs } : state;
}

const sleepOff = (state: FailoverState): FailoverState => ({ ...dropVotes(state), homeWellSinceMs: {} });

function hear(state: FailoverState, event: FailoverEvent, limits: FailoverLimits): Step {
  const only = (after: FailoverState): Step => ({ state: after, commands: [] });
  switch (event.type) {
    case "tick":
    case "beat-sent":
    case "beat-heard":
      return only(state);
    case "word":
      return hearGivenUp(hearWord(state, event.word, event.atMs, limits), event.word);
    case "verdict":
      return hearVerdict(state, event);
    case "isolated":
      return only({ ...state, isolated: event.cutOff });
    case "health": {
      const seen = see(state.health[event.instance], event.health, Math.min(event.seenAtMs ?? event.atMs, event.atMs));
      return only({ ...state, health: { ...state.health, [event.instance]: seen } });
    }
    case "sync":
      return only({ ...state, sync: { inSync: event.inSync, refilled: event.refilled } });
    case "witness-read":
      return only(witnessRead(state, event));
    case "witness-written":
      return only(witnessWritten(state, event, limits));
    case "operator":
      return obey(state, event, limits);
    case "quiet": {
      const service = state.setup.services.find(({ name }) => name === event.service);
      return only(service === undefined ? state : isQuiet(state, service, event.epoch));
    }
    case "persisted":
      return persisted(state, event.saved, event.atMs, limits);
    case "slept":
      return only(sleepOff(state));
  }
}

/** A new digest ends what was counted by the one before. */
function carry(before: FailoverState, after: FailoverState, limits: FailoverLimits): FailoverState {
  return digestOf(before) === digestOf(after) ? after : { ...after, lease: carryLease(before, after, limits) };
}

function hearWord(state: FailoverState, word: Word, atMs: number, limits: FailoverLimits): FailoverState {
  const heard = { ...state, peer: { ...state.peer, word: { value: word, atMs } } };
  const ofNow = state.peer.word?.value.homes !== undefined && word.homes !== undefined;
  const savedDigest = ofNow ? state.savedDigest : digestSaved(heard);
  const known = wantAll({ ...heard, savedDigest }, word.table);
  // Where there is a witness, only that knows what was taken while nobody else listened.
  const told = state.setup.witness ? known : { ...known, untold: false };
  return heedAsks(told, word, atMs, limits);
}

/** When its hub falls silent or is back, its instances are asked at once. */
function hearVerdict(state: FailoverState, { hub, machine, atMs }: Extract<FailoverEvent, { type: "verdict" }>): Step {
  const peer: PeerState = {
    ...state.peer,
    hub: see(state.peer.hub, hub, atMs),
    machine: see(state.peer.machine, machine, atMs),
  };
  const after = { ...state, peer };
  if (hub === state.peer.hub.value) return { state: after, commands: [] };
  const probes = state.setup.services.map(
    ({ name }): FailoverCommand => ({ type: "probe", instance: `${state.setup.peer}/${name}` }),
  );
  return { state: after, commands: probes };
}

function see<T>(before: Seen<T> | undefined, value: T, atMs: number): Seen<T> {
  return { value, atMs, sinceMs: before?.value === value ? before.sinceMs : atMs };
}
