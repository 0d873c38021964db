/**
 * The lease of single writers as the two machines grant it to each other. A beat that the other one acknowledged, both with the
 * same table, is its vote for all that the sender owns there; whoever acknowledged promises not to act for a whole lease.
 */
import { ownerOf } from "./epoch.ts";
import type { FailoverLimits } from "./limits.ts";
import type { ServiceSpec } from "./service.ts";
import type { FailoverState, LeaseState, Vote } from "./state.ts";
import { entryOf } from "./table.ts";

/** Part of the lease for which a vote counts with whom it was given to: clocks of two machines may differ by the rest. */
const countedPart = 0.9;
const digestsKept = 4;

type Heard = { digest: string; ack?: { incarnation: string; counter: number; digest: string }; atMs: number };

export const countedMs = (limits: FailoverLimits) => countedPart * limits.leaseMs;

/** Goes into each beat; empty, which equals nothing, while this machine may not vote. */
export function digestOf(state: FailoverState): string {
  return state.blank || isTaking(state) ? "" : state.savedDigest;
}

/** It is about to own what the peer owns by the table that it would vote for. */
function isTaking(state: FailoverState): boolean {
  if (Object.values(state.witness.writing).some(({ takes }) => takes !== undefined)) return true;
  if (state.wanted === state.saved) return false;
  return state.setup.services.some(
    (service) => service.singleWriter && owns(state, service, state.wanted) && !owns(state, service, state.saved),
  );
}

export function owns({ setup }: FailoverState, service: ServiceSpec, table: FailoverState["saved"]): boolean {
  return ownerOf(service, entryOf(table, service).epoch) === setup.machine;
}

export function beatSent(state: FailoverState, counter: number, atMs: number, limits: FailoverLimits): LeaseState {
  const { lease } = state;
  const sent = [...lease.sent.filter(([, sentAtMs]) => atMs - sentAtMs < limits.leaseMs), [counter, atMs] as const];
  const digest = digestOf(state);
  const agrees = digest !== "" && lease.unanswered && lease.heard.at(-1)?.[0] === digest;
  return { ...lease, sent, unanswered: false, ...(agrees ? { agreedAtMs: atMs } : {}) };
}

export function beatHeard(state: FailoverState, { digest, ack, atMs }: Heard): LeaseState {
  const { lease } = state;
  const heard = [...lease.heard.filter(([known]) => known !== digest), [digest, atMs] as const].slice(-digestsKept);
  const agreedAtMs = digest !== "" && digest === digestOf(state) ? atMs : lease.agreedAtMs;
  const after = { ...lease, heard, agreedAtMs, unanswered: true };
  if (ack?.incarnation !== state.setup.incarnation || ack.digest !== digest || digest !== state.savedDigest)
    return after;
  const sentAtMs = lease.sent.findLast(([counter]) => counter === ack.counter)?.[1];
  return sentAtMs === undefined || sentAtMs <= lease.ackedSentAtMs ? after : { ...after, ackedSentAtMs: sentAtMs };
}

/** What was voted and promised on the table before still counts for the services that it did not change. */
export function carryLease(before: FailoverState, after: FailoverState, limits: FailoverLimits): LeaseState {
  const digest = digestOf(after);
  const { lease } = before;
  const sameTable = before.savedDigest === after.savedDigest;
  const peerVotes: Record<string, Vote> = {};
  const promisedUntilMs: Record<string, number> = {};
  for (const service of after.setup.services) {
    const entry = entryOf(before.saved, service);
    if (!owns(before, service, before.saved)) {
      // Who released acts no more, whatever had been promised to it.
      if (!entry.released) promisedUntilMs[service.name] = promisedUntil(before, service, limits);
    } else {
      promisedUntilMs[service.name] = promisedUntil(before, service, limits);
      peerVotes[service.name] = { epoch: entry.epoch, untilMs: peerVoteUntil(before, service, limits) };
    }
  }
  return {
    ...after.lease,
    peerVotes,
    promisedUntilMs,
    ackedSentAtMs: sameTable ? after.lease.ackedSentAtMs : Number.NEGATIVE_INFINITY,
    // The next beat acknowledges with the new digest what was heard before it.
    agreedAtMs: heardAt(lease, digest) ?? Number.NEGATIVE_INFINITY,
  };
}

function heardAt({ heard }: LeaseState, digest: string): number | undefined {
  return digest === "" ? undefined : heard.find(([known]) => known === digest)?.[1];
}

/** Nothing that was voted before a sleep counts after it: the clock may not have run meanwhile. */
export function dropVotes(state: FailoverState): FailoverState {
  const lease = { ...state.lease, sent: [], ackedSentAtMs: Number.NEGATIVE_INFINITY, peerVotes: {}, witnessVotes: {} };
  const writing = Object.entries(state.witness.writing).map(
    ([service, write]) => [service, { ...write, begunAtMs: Number.NEGATIVE_INFINITY }] as const,
  );
  return { ...state, lease, witness: { ...state.witness, writing: Object.fromEntries(writing) } };
}

/** Until when this machine, its owner, may act for it. */
export function votesUntil(state: FailoverState, service: ServiceSpec, limits: FailoverLimits): number {
  const vote = state.lease.witnessVotes[service.name];
  const byWitness = vote?.epoch === entryOf(state.saved, service).epoch ? vote.untilMs : Number.NEGATIVE_INFINITY;
  return Math.max(byWitness, peerVoteUntil(state, service, limits));
}

export function peerVoteUntil(state: FailoverState, service: ServiceSpec, limits: FailoverLimits): number {
  const vote = state.lease.peerVotes[service.name];
  const carried = vote?.epoch === entryOf(state.saved, service).epoch ? vote.untilMs : Number.NEGATIVE_INFINITY;
  return Math.max(carried, state.lease.ackedSentAtMs + countedMs(limits));
}

/** Until when this machine must not act, since the peer may count on it; the last start may have promised up to its end. */
export function promisedUntil(state: FailoverState, service: ServiceSpec, limits: FailoverLimits): number {
  const entry = entryOf(state.saved, service);
  const peerOwns = !owns(state, service, state.saved);
  if (peerOwns && entry.released) return Number.NEGATIVE_INFINITY;
  const sinceStartMs = peerOwns || state.blank ? state.startedAtMs : Number.NEGATIVE_INFINITY;
  const agreedAtMs = peerOwns ? state.lease.agreedAtMs : Number.NEGATIVE_INFINITY;
  const carriedMs = state.lease.promisedUntilMs[service.name] ?? Number.NEGATIVE_INFINITY;
  return Math.max(carriedMs, Math.max(sinceStartMs, agreedAtMs) + limits.leaseMs);
}
