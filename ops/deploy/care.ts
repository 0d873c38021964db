/** Takes care of a machine's services and agents for the time of its `up`: moves and pauses them before, puts both back afterwards. */
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ServiceJson } from "../../hub/http/api.ts";
import { OperatorError } from "../error.ts";
import { pairStacks, readStacks } from "../site/stacks.ts";
import type { Progress } from "../terminal/progress.ts";
import type { Moved } from "./deployment.ts";
import { lookAtHubs } from "./look.ts";
import { type Answer, giveOrders, type Order } from "./orders.ts";
import { type Place, placeOf } from "./place.ts";
import type { Move } from "./plan.ts";

/** What is moved and paused at present. */
export interface Care {
  moved: Moved[];
  paused: string[];
}

export interface CareOptions extends Pick<Progress, "say" | "step"> {
  place: Place;
  /** The other machine of the pair, where it may be spoken with. */
  peer: Place | undefined;
  /** Keeps what is moved and paused, so that a later run can put it back. */
  keep(care: Care): Promise<void>;
}

/** Who pauses, by the hubs' records. */
const by = "tandem deploy";
/** A pause ends by itself after this, should nobody end it, min. */
const pauseMinutes = 15;
/** A hub that has just started may want to be asked again, ms. */
const homeDeadlineMs = 45_000;
const againMs = 2_000;

/** @returns why a service did not move; undefined when all did */
export async function moveAway(moves: readonly Move[], care: Care, options: CareOptions): Promise<string | undefined> {
  for (const { service, from, to } of moves) {
    const before = await serviceNow(options.place, service);
    if (before === undefined) return `no hub says where ${service} acts`;
    // Somebody has moved it since the plan was made: it is not here any more, and not ours to bring back.
    if (before.owner !== from) continue;
    // Known before it happens: a run that is killed meanwhile must not leave it there for ever.
    const entry = { service, from, to, epoch: before.epoch + 1 };
    care.moved.push(entry);
    await options.keep(care);
    const { ok, text } = await options.step({
      title: `${from}: moving ${service} to ${to}`,
      work: () => orderSwitchover(service, to, options),
      isWell: (answer) => answer.ok,
    });
    if (!ok) {
      // An answer that was lost says nothing of the move: it is forgotten only where the service is known to have stayed.
      if (hasStayed(entry, await serviceNow(options.place, service))) {
        care.moved.splice(care.moved.indexOf(entry), 1);
        await options.keep(care);
      }
      return `${service} did not move to ${to}: ${text}`;
    }
    entry.epoch = (await serviceNow(options.place, service))?.epoch ?? entry.epoch;
    await options.keep(care);
  }
  return undefined;
}

/** @param now undefined where no hub answers: it may have moved */
export function hasStayed(
  { from, epoch }: Pick<Moved, "from" | "epoch">,
  now: Pick<ServiceJson, "owner" | "epoch" | "state"> | undefined,
): boolean {
  return now !== undefined && now.owner === from && now.epoch < epoch && now.state !== "moving";
}

/** What an operator works on already is left to that one. */
export async function pause(
  targets: readonly string[],
  reason: string,
  care: Care,
  options: CareOptions,
): Promise<void> {
  const { place, say, keep } = options;
  const looks = await lookAtHubs(place);
  const known = looks.flatMap(({ fleet }) => fleet?.maintenance.map(({ target }) => target) ?? []);
  const fresh = targets.filter((target) => !known.includes(target));
  if (fresh.length === 0) return;
  care.paused.push(...fresh);
  await keep(care);
  const orders = fresh.map((target): Order => {
    const body = { target, minutes: pauseMinutes, reason, by };
    return { method: "POST", path: "/api/v1/maintenance", body };
  });
  const answers = await giveAnywhere(orders, options);
  for (const [i, { ok, text }] of answers.entries())
    if (!ok) say(`${place.name}: ${fresh[i]} may alert meanwhile: it was not put into maintenance (${text})`);
}

/** Ends the pauses, and brings home what nobody else has moved since. @returns what could not be put back, in words */
export async function settle(care: Care, options: CareOptions): Promise<string[]> {
  const { place, keep } = options;
  const looks = care.paused.length === 0 ? [] : await lookAtHubs(place);
  const known = looks.flatMap(({ fleet }) => fleet?.maintenance ?? []);
  const ends = oursOf(care.paused, known).map((target): Order => {
    return { method: "DELETE", path: "/api/v1/maintenance", body: { target, by } };
  });
  await giveAnywhere(ends, options);
  care.paused = [];
  const notes: string[] = [];
  for (const moved of care.moved) notes.push(...(await bringHome(moved, options)));
  care.moved = [];
  await keep(care).catch(() => notes.push(`${place.name}: its record still names what was moved`));
  return notes;
}

/** What an operator has put into maintenance meanwhile stays there; where no hub says whose it is, it is ended as ours. */
export function oursOf(paused: readonly string[], known: readonly { target: string; by: string }[]): string[] {
  return paused.filter((target) => !known.some((one) => one.target === target && one.by !== by));
}

async function bringHome(moved: Moved, options: CareOptions): Promise<string[]> {
  const { service, from, to } = moved;
  const command = `tandem switchover ${service} --to ${from}`;
  const endMs = performance.now() + homeDeadlineMs;
  for (let last = "no hub answers"; ; await sleep(againMs)) {
    const now = await serviceNow(options.place, service);
    const verdict = now === undefined ? "ask again" : homewardOf(moved, now);
    if (verdict === "home") return [];
    if (verdict === "somebody's") return [`${service} was moved by somebody meanwhile and is left on ${now?.owner}`];
    if (verdict === "return") {
      const { ok, text } = await options.step({
        title: `${from}: moving ${service} back from ${to}`,
        work: () => orderSwitchover(service, from, options),
        isWell: (answer) => answer.ok,
      });
      if (ok) return [];
      last = text;
    }
    if (performance.now() > endMs) return [`${service} stays on ${to}: ${last}; bring it back: ${command}`];
  }
}

/** Whether a service that was moved away is to be moved back. A higher epoch than that of our move is somebody else's. */
export function homewardOf(
  { from, to, epoch }: Moved,
  now: Pick<ServiceJson, "owner" | "epoch" | "state">,
): "home" | "return" | "somebody's" | "ask again" {
  if (now.owner === from) return "home";
  if (now.epoch > epoch || now.owner !== to) return "somebody's";
  return now.state === "moving" ? "ask again" : "return";
}

async function serviceNow(place: Place, service: string): Promise<ServiceJson | undefined> {
  const looks = await lookAtHubs(place);
  const known = looks.flatMap(({ services }) => services?.find(({ name }) => name === service) ?? []);
  // A hub that has just come back may not have heard of the newest epoch yet.
  return known.toSorted((a, b) => b.epoch - a.epoch)[0];
}

async function orderSwitchover(service: string, to: string, options: CareOptions): Promise<Answer> {
  const path = `/api/v1/services/${encodeURIComponent(service)}/switchover`;
  const [answer] = await giveAnywhere([{ method: "POST", path, body: { to } }], options);
  return answer ?? noAnswer;
}

/** To the machine's own hub, or to the peer's where that does not take them; a satellite's to one of the pair's. */
async function giveAnywhere(orders: readonly Order[], options: CareOptions): Promise<Answer[]> {
  if (orders.length === 0) return [];
  let answers: Answer[] = [];
  try {
    for (const place of takersOf(options)) {
      const given = await giveOrders(place, orders);
      answers = orders.map((_, i) => (answers[i]?.ok ? answers[i] : given[i]) ?? noAnswer);
      if (answers.every(({ ok }) => ok)) break;
    }
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return orders.map(() => ({ ok: false, text: error.message }));
  }
  return answers;
}

const noAnswer: Answer = { ok: false, text: "no answer" };

/** Machines whose hub takes orders for this one, those to be asked first in front. @throws OperatorError */
function takersOf({ place, peer }: CareOptions): Place[] {
  if (place.pair !== undefined) return peer === undefined ? [place] : [place, peer];
  return readStacks(pairStacks, dirname(place.stack.path)).map(placeOf);
}
