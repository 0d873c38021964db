/** Brings deeds in line with facts after an event: for each service what was decided, then disk, witness and alerts. */
import { callAlerts } from "./alerts.ts";
import { couldAct, type Decision, decide } from "./decide.ts";
import { nextEpoch } from "./epoch.ts";
import { factsOf, isPaused, peerHealthOf } from "./facts.ts";
import { beginToHush, goOn } from "./hand-over.ts";
import { votesUntil } from "./lease.ts";
import type { FailoverLimits } from "./limits.ts";
import { persistWanted, want, wantFirst } from "./memory.ts";
import type { ServiceSpec } from "./service.ts";
import type { FailoverState, Step } from "./state.ts";
import { entryOf, staysAt } from "./table.ts";
import { viewState } from "./view-state.ts";
import { askWitness, forgetLostWrites, renewWitness, writeWitness } from "./witness.ts";

export function settle(before: FailoverState, atMs: number, limits: FailoverLimits): Step {
  const state = forgetVotes(forgetLostWrites(before, atMs, limits), atMs, limits);
  let step: Step = { state: wantFirst(state), commands: [] };
  const decisions: Record<string, Decision> = {};
  for (const service of before.setup.services) {
    step = { ...step, state: watchHome(step.state, service, atMs) };
    step = goOn(step, service, factsOf(step.state, service, atMs, limits), atMs, limits);
    const decision = decide(factsOf(step.state, service, atMs, limits));
    decisions[service.name] = decision;
    step = carryOut(step, service, decision, atMs, limits);
    step = add(step, renewWitness(step.state, service, atMs, limits));
  }
  step = add(step, askWitness(step.state, atMs, limits));
  step = add(step, persistWanted(step.state, atMs, isToBeGivenAway(step.state, decisions)));
  for (const service of before.setup.services)
    step = { ...step, state: noteView(step.state, service, decisions[service.name], atMs, limits) };
  return add(step, callAlerts(step.state, decisions, atMs, limits));
}

function isToBeGivenAway({ handOvers }: FailoverState, decisions: Readonly<Record<string, Decision>>): boolean {
  if (Object.values(handOvers).some(({ step }) => step === "waits")) return true;
  return Object.values(decisions).some((decision) => "proof" in decision && decision.proof);
}

function carryOut(step: Step, service: ServiceSpec, decision: Decision, atMs: number, limits: FailoverLimits): Step {
  const { state } = step;
  const before = entryOf(state.wanted, service);
  const epoch = nextEpoch(service, state.setup.machine, before.epoch);
  switch (decision.do) {
    case "stay":
    case "hold":
      return step;
    case "take": {
      const entry = { epoch, released: false, ...staysAt(service, epoch, before) };
      return { ...step, state: want(state, service, entry, decision.reason) };
    }
    case "claim": {
      // The key may be behind, where a move went without the witness.
      const known = state.witness.view?.[service.name]?.key.epoch ?? 0;
      const next = nextEpoch(service, state.setup.machine, Math.max(before.epoch, known));
      return add(step, writeWitness(state, service, next, decision.reason, atMs));
    }
    case "return": {
      const entry = { epoch, released: true, ...staysAt(service, epoch, before) };
      return { ...step, state: want(state, service, entry, undefined) };
    }
    case "release":
      return state.handOvers[service.name]?.step === "hushes"
        ? step
        : beginToHush(step, service, decision.reason, atMs, limits);
  }
}

function add({ commands }: Step, next: Step): Step {
  return next.commands.length === 0
    ? { state: next.state, commands }
    : { state: next.state, commands: [...commands, ...next.commands] };
}

/** How long the home of a service is well, as its standby sees it, which owns it meanwhile. */
function watchHome(state: FailoverState, service: ServiceSpec, atMs: number): FailoverState {
  const { setup, peer } = state;
  const { name } = service;
  if (service.standby !== setup.machine) return state;
  const answers = couldAct(service, peerHealthOf(state, service)?.value);
  // Between two deployments each of the two may take the other one for the home.
  const isHome = peer.word?.value.homes?.includes(name) ?? true;
  const well = peer.hub.value === "alive" && answers && isHome && !isPaused(state, service);
  const sinceMs = state.homeWellSinceMs[name];
  if (well === (sinceMs !== undefined)) return state;
  const { [name]: _, ...others } = state.homeWellSinceMs;
  return { ...state, homeWellSinceMs: well ? { ...others, [name]: atMs } : others };
}

/** An operator's word stands for votes until one is there, and asks are forgotten after their time. */
function forgetVotes(state: FailoverState, atMs: number, limits: FailoverLimits): FailoverState {
  const late = Object.entries(state.asks).some(([, { untilMs }]) => atMs >= untilMs);
  const asks = late
    ? Object.fromEntries(Object.entries(state.asks).filter(([, ask]) => atMs < ask.untilMs))
    : state.asks;
  const over = state.setup.services.filter((service) => isOver(state, service, atMs, limits)).map(({ name }) => name);
  if (over.length === 0) return asks === state.asks ? state : { ...state, asks };
  const confirmed = Object.fromEntries(Object.entries(state.confirmed).filter(([name]) => !over.includes(name)));
  return { ...state, asks, confirmed };
}

/** Votes have taken the place of the operator's word, or its take reached no disk while the peer was off for certain. */
function isOver(state: FailoverState, service: ServiceSpec, atMs: number, limits: FailoverLimits): boolean {
  const said = state.confirmed[service.name];
  if (said === undefined) return false;
  const { hub, word } = state.peer;
  const isHeard = hub.value === "alive" || (word !== undefined && word.atMs > said.atMs);
  if (said.epoch !== entryOf(state.saved, service).epoch) return isHeard || atMs - said.atMs >= limits.leaseMs;
  return state.setup.witness && atMs < votesUntil(state, service, limits);
}

function noteView(
  state: FailoverState,
  service: ServiceSpec,
  decision: Decision | undefined,
  atMs: number,
  limits: FailoverLimits,
): FailoverState {
  const before = state.views[service.name];
  const now = viewState(state, service, atMs, limits);
  const reason = decision?.reason ?? "";
  if (before?.state === now && before.reason === reason) return state;
  const sinceMs = before?.state === now ? before.sinceMs : atMs;
  return { ...state, views: { ...state.views, [service.name]: { state: now, reason, sinceMs } } };
}
