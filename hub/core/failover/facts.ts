/** Reads the facts of one service out of the state. */
import type { Health } from "../record.ts";
import { failbackWaitMs } from "./damping.ts";
import type { Facts } from "./decide.ts";
import { owns, promisedUntil, votesUntil } from "./lease.ts";
import type { FailoverLimits } from "./limits.ts";
import { isProven, isUnsaved, isUnwritten } from "./memory.ts";
import type { ServiceSpec } from "./service.ts";
import type { FailoverState, Seen } from "./state.ts";
import { entryOf } from "./table.ts";
import { hasLapsed, knowsNothing, witnessAnswers } from "./witness.ts";

export function factsOf(state: FailoverState, service: ServiceSpec, atMs: number, limits: FailoverLimits): Facts {
  const { setup, peer, sync } = state;
  const entry = entryOf(state.saved, service);
  const theirs = peerHealthOf(state, service);
  const wellSinceMs = state.homeWellSinceMs[service.name];
  const unchangedMs = atMs - (state.changedAtMs[service.name] ?? state.startedAtMs);
  const actsNot = whyNotActing(state, service, atMs, limits);
  return {
    service,
    me: setup.machine,
    peer: setup.peer,
    iOwn: owns(state, service, state.saved),
    released: entry.released,
    stays: entry.stays === true,
    underWay: isUnderWay(state, service),
    proven: isProven(state, atMs),
    unwritten: isUnwritten(state, atMs),
    theirsUnwritten: peer.word?.value.unwritten === true,
    hushing: state.handOvers[service.name]?.step === "hushes" ? state.handOvers[service.name]?.why : undefined,
    acts: actsNot === undefined,
    actsNot: actsNot ?? "",
    mine: healthOf(state, setup.machine, service)?.value ?? "unknown",
    theirs: theirs?.value ?? "unknown",
    theirsAskedSince: peer.hub.value !== "alive" && theirs !== undefined && theirs.atMs >= peer.hub.sinceMs,
    peerHub: peer.hub.value,
    peerMachine: peer.machine.value,
    isolated: state.isolated || peer.machine.value === "isolated",
    paused: isPaused(state, service),
    blank: state.blank,
    witness: witnessOf(state, service, atMs, limits),
    promiseOver: atMs >= promisedUntil(state, service, limits),
    lapsed: hasLapsed(state, service, atMs, limits),
    homeWellMs: wellSinceMs === undefined ? undefined : Math.min(unchangedMs, atMs - wellSinceMs),
    failbackWaitMs: failbackWaitMs(state.flaps[service.name], atMs, limits),
    ...sync,
    unchangedMs,
    leaseMs: limits.leaseMs,
    coldStartMs: limits.coldStartMs,
  };
}

function witnessOf(state: FailoverState, service: ServiceSpec, atMs: number, limits: FailoverLimits): Facts["witness"] {
  if (!state.setup.witness) return "none";
  if (!witnessAnswers(state, atMs, limits)) return "silent";
  // A peer that holds the same table bears witness itself.
  const agreed = atMs - state.lease.agreedAtMs < limits.leaseMs;
  return service.singleWriter && !agreed && knowsNothing(state, service) ? "blank" : "answers";
}

/** Undefined when this machine's instance may act now. */
export function whyNotActing(
  state: FailoverState,
  service: ServiceSpec,
  atMs: number,
  limits: FailoverLimits,
): string | undefined {
  const { setup, handOvers } = state;
  const { name } = service;
  const entry = entryOf(state.saved, service);
  if (!owns(state, service, state.saved)) return `${setup.peer} owns it`;
  if (entry.released) return `released for ${setup.peer}`;
  if (isUnsaved(state, service)) return "its move is under way";
  if (handOvers[name]?.step === "hushes") return handOvers[name].why;
  if (!service.singleWriter) return undefined;

  if (atMs < promisedUntil(state, service, limits)) return `${setup.peer} may still count on ${setup.machine}`;
  if (isConfirmed(state, service, entry.epoch)) return undefined;
  const told = setup.witness ? "witness" : setup.peer;
  if (state.blank)
    return `${setup.machine} has an empty disk and has not heard of the ${told === "witness" ? told : "peer"} yet`;
  if (!setup.witness) return whyNotAgreed(state, service, entry.epoch);
  return atMs < votesUntil(state, service, limits)
    ? undefined
    : `neither ${setup.peer} nor the witness confirms its lease`;
}

/** Without a witness the peer must have said since this start that it knows of the epoch, or that it gave up the one before. */
function whyNotAgreed({ setup, peer }: FailoverState, service: ServiceSpec, epoch: number): string | undefined {
  if (peer.word === undefined)
    return `${setup.peer} was not heard since the start; tandem take ${service.name} --confirm-peer-dead`;
  const { table, homes } = peer.word.value;
  // One that has no entry takes itself for the owner where it is the home by its configuration. An older hub does not say, and takes it for the home's.
  const theirs = table[service.name] ?? (homes?.includes(service.name) ? undefined : entryOf({}, service));
  const knows = theirs !== undefined && (theirs.epoch >= epoch || theirs.released);
  return knows ? undefined : `${setup.peer} does not know yet that ${setup.machine} owns it`;
}

/** Whether an operator answers for it that the peer does not act in this epoch. */
export function isConfirmed({ confirmed }: FailoverState, { name }: ServiceSpec, epoch: number): boolean {
  return confirmed[name]?.epoch === epoch;
}

export function isUnderWay(state: FailoverState, service: ServiceSpec): boolean {
  return isUnsaved(state, service) || state.witness.writing[service.name]?.takes !== undefined;
}

export function healthOf(state: FailoverState, machine: string, service: ServiceSpec): Seen<Health> | undefined {
  return state.health[`${machine}/${service.name}`];
}

/** What was seen of the peer's instance while its hub was silent says nothing any more once that lives. */
export function peerHealthOf({ peer, setup, health }: FailoverState, service: ServiceSpec): Seen<Health> | undefined {
  const seen = health[`${setup.peer}/${service.name}`];
  return peer.hub.value === "alive" && seen !== undefined && seen.atMs < peer.hub.sinceMs ? undefined : seen;
}

export function isPaused({ paused }: FailoverState, { name, home, standby }: ServiceSpec): boolean {
  return [name, home, standby].some((subject) => paused.includes(subject));
}
