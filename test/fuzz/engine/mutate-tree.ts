/** Changes a value as JSON and YAML have it, so that what comes of it is still of that format. */
import type { Random } from "../../../ops/chaos/random.ts";

export interface TreeMaterial {
  random: Random;
  tokens: readonly string[];
  /** Values that were drawn beforehand. */
  drawn: readonly unknown[];
}

interface Place {
  value: unknown;
  /** Gives the whole anew with another value there; `undefined` takes the place out. */
  replace(value: unknown): unknown;
}

const odd: readonly unknown[] = [
  null, true, false, "", 0, -0, -1, 1, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 53 + 2, 2 ** 63, 1.5, 1e308, -1e308, 5e-324,
  [], {}, [[]], "0", "NaN", "Infinity", "\0", "\ud800", "\u{1f600}", "__proto__", "constructor", "a".repeat(300), { __proto__: null },
]; // biome-ignore format: a list of values
const mostPlaces = 400;

export function mutateTree(tree: unknown, material: TreeMaterial): unknown {
  let changed = tree;
  for (let left = 1 + Math.floor(material.random.next() ** 2 * 4); left > 0; left--) changed = once(changed, material);
  return changed;
}

function once(tree: unknown, { random, tokens, drawn }: TreeMaterial): unknown {
  const places = [...placesOf(tree)];
  const place = random.pick(places);
  const { value } = place;
  const other = () => random.pick(places).value;
  switch (random.between(0, 9)) {
    case 0:
      return place.replace(random.pick(odd));
    case 1:
      return place.replace(drawn.length === 0 ? random.pick(odd) : random.pick(drawn));
    case 2:
      return place.replace(other());
    case 3:
      return place.replace(undefined);
    case 4:
      return place.replace(Array.isArray(value) ? withItem(value, other(), random) : [value, value]);
    case 5:
      return place.replace(withKey(value, tokens.length === 0 ? "odd" : random.pick(tokens), other()));
    case 6:
      return place.replace(renamed(value, random, tokens));
    case 7:
      return place.replace(nested(value, random.pick([1, 2, 20, 70])));
    case 8:
      return place.replace(tweaked(value, random, tokens));
    default:
      return place.replace(Array.isArray(value) ? many(value, random) : tweaked(value, random, tokens));
  }
}

function* placesOf(tree: unknown): Generator<Place> {
  const queue: Place[] = [{ value: tree, replace: (value) => value ?? null }];
  for (let at = 0; at < queue.length && at < mostPlaces; at++) {
    const place = queue[at];
    if (place === undefined) return;
    yield place;
    const { value } = place;
    if (Array.isArray(value))
      for (let i = 0; i < value.length; i++)
        queue.push({
          value: value[i],
          replace: (part) => place.replace(value.toSpliced(i, 1, ...(part === undefined ? [] : [part]))),
        });
    else if (typeof value === "object" && value !== null)
      for (const [key, own] of Object.entries(value))
        queue.push({ value: own, replace: (part) => place.replace(withKey(value, key, part)) });
  }
}

/** Defines the key rather than assigns it: `__proto__` is one, too. */
function withKey(value: unknown, key: string, part: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return Object.fromEntries([[key, part ?? value]]);
  const entries = Object.entries(value).map(([name, own]) => (name === key ? [name, part] : [name, own]));
  if (!Object.hasOwn(value, key)) entries.push([key, part]);
  return Object.fromEntries(entries.filter(([, own]) => own !== undefined));
}

function withItem(list: readonly unknown[], item: unknown, random: Random): unknown[] {
  return list.toSpliced(
    random.between(0, list.length),
    0,
    list.length > 0 && random.chance(0.5) ? random.pick(list) : item,
  );
}

function many(list: readonly unknown[], random: Random): unknown[] {
  if (list.length === 0) return [null];
  const item = random.pick(list);
  return [...list, ...Array.from({ length: random.pick([1, 5, 40, 120]) }, () => item)];
}

function renamed(value: unknown, random: Random, tokens: readonly string[]): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const keys = Object.keys(value);
  if (keys.length === 0 || tokens.length === 0) return value;
  const [from, to] = [random.pick(keys), random.pick(tokens)];
  return Object.fromEntries(Object.entries(value).map(([key, own]) => [key === from ? to : key, own]));
}

function nested(value: unknown, times: number): unknown {
  let whole = value;
  for (let i = 0; i < times; i++) whole = i % 2 === 0 ? [whole] : { a: whole };
  return whole;
}

function tweaked(value: unknown, random: Random, tokens: readonly string[]): unknown {
  if (typeof value === "number")
    return random.pick([
      value + 1,
      value - 1,
      -value,
      value * 2,
      value / 2,
      value * 1e9,
      Math.trunc(value),
      String(value),
    ]);
  if (typeof value === "boolean") return !value;
  if (typeof value !== "string") return value;
  const at = random.between(0, value.length);
  const part = random.pick(["", " ", "/", "*", ".", "-", "\n", "é", "\ud800", ...tokens.slice(0, 40)]);
  return random.pick([
    value.slice(0, at) + part + value.slice(at),
    value.slice(at),
    part,
    value.repeat(random.pick([2, 30])),
    Number(value) || value,
  ]);
}
