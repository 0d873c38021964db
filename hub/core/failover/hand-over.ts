/** Gives a service to the other machine step by step: wait until nothing gets lost and the disk took something, be still, release; or give the attempt up. */

import { cannotWrite, couldAct, type Facts } from "./decide.ts";
import { otherOf } from "./epoch.ts";
import { countedMs } from "./lease.ts";
import type { FailoverLimits } from "./limits.ts";
import { want } from "./memory.ts";
import type { FailoverCommand } from "./messages.ts";
import type { ServiceSpec } from "./service.ts";
import type { FailoverState, HandOver, Step } from "./state.ts";
import { entryOf } from "./table.ts";

/** A tolerant service may run twice for a moment: a router that does not answer is not waited for. */
const hushAtMostMs = 1_000;

/** An operator wants it on the other machine. */
export function orderHandOver(
  state: FailoverState,
  service: ServiceSpec,
  atMs: number,
  limits: FailoverLimits,
): FailoverState {
  const { epoch } = entryOf(state.saved, service);
  const untilMs = atMs + limits.switchoverDeadlineMs;
  return putHandOver(state, service, {
    epoch,
    step: "waits",
    sinceMs: atMs,
    untilMs,
    why: `an operator moves it to ${state.setup.peer}`,
    ordered: true,
  });
}

/** The instance here must be still before anybody is told that it is. */
export function beginToHush(step: Step, service: ServiceSpec, why: string, atMs: number, limits: FailoverLimits): Step {
  const { state } = step;
  const { epoch } = entryOf(state.saved, service);
  const before = state.handOvers[service.name];
  // A container may take its whole time to end.
  const cold = service.mode === "cold" ? atMs + 2 * limits.switchoverDeadlineMs : undefined;
  const untilMs = cold ?? before?.untilMs ?? atMs + limits.switchoverDeadlineMs;
  const handOver: HandOver = { epoch, step: "hushes", sinceMs: atMs, untilMs, why, ordered: before?.ordered ?? false };
  const hush: FailoverCommand = { type: "hush", service: service.name, epoch };
  return { state: putHandOver(state, service, handOver), commands: [...step.commands, hush] };
}

/** What time makes of a hand-over that was begun. */
export function goOn(step: Step, service: ServiceSpec, facts: Facts, atMs: number, limits: FailoverLimits): Step {
  const handOver = step.state.handOvers[service.name];
  if (handOver === undefined || facts.underWay) return step;
  if (!facts.iOwn || facts.released) return { ...step, state: putHandOver(step.state, service, undefined) };
  if (handOver.step === "hushes") {
    if (facts.peerHub === "dead") return giveUp(step, service, `the hub of ${facts.peer} is dead`);
    if (atMs >= stillAtMs(step.state, service, handOver, limits))
      return { ...step, state: release(step.state, service) };
    return atMs < handOver.untilMs ? step : giveUp(step, service, "the router does not confirm that it holds");
  }
  const obstacle = whatStandsInTheWay(facts);
  if (obstacle === undefined) return beginToHush(step, service, handOver.why, atMs, limits);
  return atMs < handOver.untilMs ? step : giveUp(step, service, obstacle);
}

/** Router and supervisor say that nothing acts here any more. */
export function isQuiet(state: FailoverState, service: ServiceSpec, epoch: number): FailoverState {
  const handOver = state.handOvers[service.name];
  return handOver?.step === "hushes" && handOver.epoch === epoch ? release(state, service) : state;
}

/** When nothing can act any more, whoever obeys: what was granted last has run out. */
function stillAtMs(
  { setup, confirmed }: FailoverState,
  service: ServiceSpec,
  handOver: HandOver,
  limits: FailoverLimits,
) {
  if (!service.singleWriter) return handOver.sinceMs + hushAtMostMs;
  const bounded = setup.witness && confirmed[service.name]?.epoch !== handOver.epoch;
  return bounded ? handOver.sinceMs + countedMs(limits) : Number.POSITIVE_INFINITY;
}

function whatStandsInTheWay(facts: Facts): string | undefined {
  const { service, peer } = facts;
  if (facts.peerHub !== "alive") return `the hub of ${peer} is ${facts.peerHub}`;
  if (service.singleWriter && facts.witness === "silent") return "the witness does not answer";
  if (!facts.inSync || !facts.refilled) return `${peer} is not in sync`;
  if (!couldAct(service, facts.theirs)) return `the instance on ${peer} is ${facts.theirs}`;
  if (facts.theirsUnwritten) return cannotWrite(peer);
  return facts.proven ? undefined : cannotWrite(facts.me);
}

function release(state: FailoverState, service: ServiceSpec): FailoverState {
  const handOver = state.handOvers[service.name];
  if (handOver === undefined) return state;
  const { stays: _, ...entry } = entryOf(state.saved, service);
  const to = otherOf(service, state.setup.machine);
  const stays = handOver.ordered && to !== service.home ? ({ stays: true } as const) : {};
  return want(state, service, { ...entry, released: true, ...stays }, undefined);
}

function giveUp({ state, commands }: Step, service: ServiceSpec, why: string): Step {
  const { name } = service;
  const text = `${name} stays on ${state.setup.machine}: ${why}`;
  const alert: FailoverCommand = {
    type: "alert",
    severity: "warning",
    name: "switchover-given-up",
    subject: name,
    message: text,
  };
  const turn = state.answered[name];
  // One that goes home by itself acts here first until its home was well anew for a while.
  const { [name]: _, ...homeWellSinceMs } = state.homeWellSinceMs;
  const after: FailoverState = {
    ...putHandOver(state, service, undefined),
    homeWellSinceMs,
    givenUp: turn === undefined ? state.givenUp : { ...state.givenUp, [name]: { turn, text } },
  };
  return { state: after, commands: [...commands, alert, { type: "given-up", service: name, text }] };
}

function putHandOver(state: FailoverState, { name }: ServiceSpec, handOver: HandOver | undefined): FailoverState {
  const { [name]: _, ...others } = state.handOvers;
  return { ...state, handOvers: handOver === undefined ? others : { ...others, [name]: handOver } };
}
