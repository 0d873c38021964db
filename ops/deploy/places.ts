/** Chooses the machines of a deployment, and the order in which they are taken. */
import { OperatorError } from "../error.ts";
import { readStacks } from "../site/stacks.ts";
import { holderOf } from "./lock.ts";
import { type Place, placeOf } from "./place.ts";

export interface Chosen {
  /** Those to be deployed, in order. */
  places: Place[];
  /** All of the site. */
  all: Place[];
  /** Those to be locked: both of the pair whichever is deployed, so that two deployments never work on one each. */
  locked: Place[];
  /** Those that could not be reached, with the reason; only where that is allowed. */
  away: { machine: string; why: string }[];
}

/** The pair's second machine, its first one, then satellites. */
export function orderOf(places: readonly Place[]): Place[] {
  const pair = places.filter(({ pair }) => pair !== undefined).toReversed();
  return [...pair, ...places.filter((place) => place.pair === undefined)];
}

/** By the machine's name or its stack's. @throws OperatorError when there is none */
export function placeNamed(all: readonly Place[], name: string): Place {
  const found = all.find((place) => place.name === name || place.stack.name === name);
  if (found !== undefined) return found;
  const next = `The site has ${all.map((place) => place.name).join(", ")}`;
  throw new OperatorError("deploy.machine", `there is no machine ${name}`, next);
}

/**
 * @param machines names of machines or stacks @default all
 * @param alone leave out what cannot be reached, and one of the pair at least
 */
export async function choosePlaces(
  dir: string,
  machines: readonly string[] | undefined,
  alone: boolean,
): Promise<Chosen> {
  const all = orderOf(readStacks(undefined, dir).map(placeOf));
  const named = machines?.map((name) => placeNamed(all, name));
  const wanted = named === undefined ? all : all.filter((place) => named.includes(place));
  if (!alone) return { places: wanted, all, locked: await withPair(wanted, all), away: [] };
  const reached = await Promise.all(wanted.map(whyAway));
  const away = reached.flatMap(({ place, why }) => (why === undefined ? [] : [{ machine: place.name, why }]));
  const places = reached.flatMap(({ place, why }) => (why === undefined ? place : []));
  if (places.length === 0) {
    const what = away.map(({ machine, why }) => `${machine}: ${why}`).join("\n");
    throw new OperatorError("deploy.unreachable", what, "Bring one of them back first");
  }
  if (places.filter(({ pair }) => pair !== undefined).length > 1) {
    const what = "--alone is for one machine of the pair, and both can be reached";
    throw new OperatorError("deploy.not-alone", what, "Leave it out, or name the one with --machine");
  }
  return { places, all, locked: await withPair(places, all), away };
}

/** A machine of the pair that takes no part is locked where it can be reached: nobody else can begin there, either, where it cannot. */
async function withPair(places: readonly Place[], all: readonly Place[]): Promise<Place[]> {
  const others = all.filter((place) => place.pair !== undefined && !places.includes(place));
  const reached = await Promise.all(others.map(whyAway));
  return [...places, ...reached.flatMap(({ place, why }) => (why === undefined ? place : []))];
}

async function whyAway(place: Place): Promise<{ place: Place; why: string | undefined }> {
  try {
    await holderOf(place);
    return { place, why: undefined };
  } catch (error) {
    if (!(error instanceof OperatorError) || error.code !== "machine.unreachable") throw error;
    return { place, why: error.message };
  }
}
