/** Carries out what an operator orders, or says why not and what to do instead. */
import { isHeard } from "./decide.ts";
import { nextEpoch } from "./epoch.ts";
import { factsOf, whyNotActing } from "./facts.ts";
import { orderHandOver } from "./hand-over.ts";
import { owns } from "./lease.ts";
import type { FailoverLimits } from "./limits.ts";
import { isUnsaved, want } from "./memory.ts";
import type { FailoverEvent, OperatorOrder, Word } from "./messages.ts";
import type { ServiceSpec } from "./service.ts";
import type { FailoverState, Step } from "./state.ts";
import { entryOf, staysAt } from "./table.ts";

/** More than a service has moved while nobody looked: epochs that an empty disk has forgotten lie below. */
const unknownMoves = 1_000;

type Order = Extract<FailoverEvent, { type: "operator" }>;
type Answer = { state: FailoverState; ok: boolean; text: string };

export function obey(state: FailoverState, { request, order, atMs }: Order, limits: FailoverLimits): Step {
  const { state: after, ok, text } = answer(state, order, atMs, limits);
  return { state: after, commands: [{ type: "answer", request, ok, text }] };
}

function answer(state: FailoverState, order: OperatorOrder, atMs: number, limits: FailoverLimits): Answer {
  if (order.kind === "maintenance") return maintain(state, order.subject, order.on);
  const service = state.setup.services.find(({ name }) => name === order.service);
  if (service === undefined) return { state, ok: false, text: `no service ${order.service} has a standby` };
  return order.kind === "take"
    ? take(state, service, order.confirmPeerDead, atMs, limits)
    : switchOver(state, service, atMs, limits);
}

function maintain(state: FailoverState, subject: string, on: boolean): Answer {
  const { setup, paused } = state;
  const known = setup.services.some(({ name }) => name === subject) || [setup.machine, setup.peer].includes(subject);
  if (!known) return { state, ok: false, text: `no service or machine ${subject}` };
  const others = paused.filter((name) => name !== subject);
  const after = { ...state, paused: on ? [...others, subject] : others };
  return { state: after, ok: true, text: on ? `nothing of ${subject} moves by itself now` : `${subject} moves again` };
}

function switchOver(state: FailoverState, service: ServiceSpec, atMs: number, limits: FailoverLimits): Answer {
  const { setup } = state;
  const { name } = service;
  const no = (text: string) => ({ state, ok: false, text });
  const { epoch, released } = entryOf(state.saved, service);
  if (state.peer.hub.value !== "alive")
    return no(
      `the hub of ${setup.peer} is ${state.peer.hub.value}; once it is off for certain: tandem take ${name} --confirm-peer-dead`,
    );
  if (released || isUnsaved(state, service) || state.handOvers[name] !== undefined)
    return no(`${name} is moving already`);
  if (owns(state, service, state.saved)) {
    const text = `${name} goes to ${setup.peer} as soon as that is in sync`;
    return { state: orderHandOver(state, service, atMs, limits), ok: true, text };
  }
  const ask = { epoch, turn: Math.ceil(atMs), untilMs: atMs + limits.switchoverDeadlineMs };
  return {
    state: { ...state, asks: { ...state.asks, [name]: ask }, asked: { ...state.asked, [name]: ask.turn } },
    ok: true,
    text: `${setup.peer} is asked for ${name}`,
  };
}

/** Begins what an operator asked for on the other machine, once. */
export function heedAsks(state: FailoverState, { asks }: Word, atMs: number, limits: FailoverLimits): FailoverState {
  let after = state;
  for (const ask of asks) {
    const service = state.setup.services.find(({ name }) => name === ask.service);
    if (service === undefined || after.answered[ask.service] === ask.turn) continue;
    const entry = entryOf(after.saved, service);
    if (entry.epoch !== ask.epoch || entry.released || !owns(after, service, after.saved)) continue;
    after = { ...after, answered: { ...after.answered, [ask.service]: ask.turn } };
    if (after.handOvers[ask.service] === undefined) after = orderHandOver(after, service, atMs, limits);
  }
  return after;
}

/** The owner has given up what was asked of it here. */
export function hearGivenUp(state: FailoverState, { givenUp }: Word): Step {
  const heard = givenUp.filter(({ service, turn }) => state.asked[service] === turn);
  if (heard.length === 0) return { state, commands: [] };
  const without = <T>(record: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(record).filter(([name]) => !heard.some(({ service }) => service === name)));
  const after = { ...state, asks: without(state.asks), asked: without(state.asked) };
  return { state: after, commands: heard.map(({ service, text }) => ({ type: "given-up", service, text })) };
}

/** The operator answers for it that the other machine is off: neither lease nor witness is waited for. */
function take(
  state: FailoverState,
  service: ServiceSpec,
  confirmed: boolean,
  atMs: number,
  limits: FailoverLimits,
): Answer {
  const { machine, peer } = state.setup;
  const { name } = service;
  const no = (text: string) => ({ state, ok: false, text });
  const facts = factsOf(state, service, atMs, limits);
  if (facts.underWay) return no(`${name} is moving already`);
  if (facts.acts) return { state, ok: true, text: `${name} acts on ${machine} already` };
  if (isHeard(facts) && facts.released) {
    const [from, to] = facts.iOwn ? [machine, peer] : [peer, machine];
    return no(
      `${from} has released it, and the hub of ${to} takes it by itself: tandem where ${name} says what it waits for`,
    );
  }
  if (isHeard(facts)) return no(`the hub of ${peer} is ${facts.peerHub}: tandem switchover ${name}`);
  if (!confirmed)
    return no(`${peer} may still act: make sure that it is off, then tandem take ${name} --confirm-peer-dead`);
  const sight = state.witness.view?.[name];
  if (facts.witness === "answers" && sight?.key.writer === peer && !facts.lapsed)
    return no(`the witness heard ${peer} less than ${limits.leaseMs} ms ago: it lives`);

  const entry = entryOf(state.wanted, service);
  // A table that nobody confirms may be an old one: the peer may have owned the epoch after it. An empty one says nothing at all.
  const isSure = facts.iOwn && !facts.released && facts.witness !== "blank" && !state.blank;
  const after = entry.epoch + (state.blank ? unknownMoves : 0);
  const epoch = isSure ? entry.epoch : nextEpoch(service, machine, after);
  const permitted = { ...state, confirmed: { ...state.confirmed, [name]: { epoch, atMs } } };
  const text = `${name} is taken by ${machine}`;
  if (epoch === entry.epoch)
    return { state: permitted, ok: true, text: whyNotActing(permitted, service, atMs, limits) ?? text };
  const next = { epoch, released: false, ...staysAt(service, epoch, entry) };
  return { state: want(permitted, service, next, `an operator says that ${peer} is off`), ok: true, text };
}
