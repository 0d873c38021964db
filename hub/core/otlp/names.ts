/** Names of metrics and labels, as the OpenTelemetry specification maps them to Prometheus's. */
import type { Attributes } from "./model.ts";

/** Units of UCUM by the word that stands in a name. */
const unitWords = new Map([
  ["d", "days"],
  ["h", "hours"],
  ["min", "minutes"],
  ["s", "seconds"],
  ["ms", "milliseconds"],
  ["us", "microseconds"],
  ["ns", "nanoseconds"],
  ["By", "bytes"],
  ["KiBy", "kibibytes"],
  ["MiBy", "mebibytes"],
  ["GiBy", "gibibytes"],
  ["TiBy", "tebibytes"],
  ["KBy", "kilobytes"],
  ["kBy", "kilobytes"],
  ["MBy", "megabytes"],
  ["GBy", "gigabytes"],
  ["TBy", "terabytes"],
  ["bit", "bits"],
  ["m", "meters"],
  ["V", "volts"],
  ["A", "amperes"],
  ["J", "joules"],
  ["W", "watts"],
  ["g", "grams"],
  ["Cel", "celsius"],
  ["Hz", "hertz"],
  ["%", "percent"],
  ["1", ""],
]);
/** Behind a slash: of one. */
const perWords = new Map([
  ["s", "second"],
  ["min", "minute"],
  ["h", "hour"],
  ["d", "day"],
  ["wk", "week"],
  ["w", "week"],
  ["mo", "month"],
  ["a", "year"],
  ["y", "year"],
]);

/**
 * @param kind `counter` for a monotonic sum; `gauge` for a gauge, of which alone the unit 1 is said
 * @returns undefined when nothing in the name can stand in one
 */
export function metricName(name: string, unit: string, kind: "counter" | "gauge" | "other"): string | undefined {
  let base = name.replace(/[^a-zA-Z0-9:]+/g, "_").replace(/_$/, "");
  if (kind === "counter") base = base.replace(/_total$/, "");
  if (!/[a-zA-Z0-9:]/.test(base)) return undefined;
  const says = (words: string) => `_${base}_`.includes(`_${words}_`);
  const [main, per] = unitOf(unit);
  if (main !== "" && !says(main)) base += `_${main}`;
  if (per !== "" && !says(`per_${per}`)) base += `_per_${per}`;
  if (unit === "1" && kind === "gauge" && !says("ratio")) base += "_ratio";
  if (kind === "counter") base += "_total";
  return /^\d/.test(base) ? `_${base}` : base;
}

/** What stands in braces says what is counted, which is no unit. */
function unitOf(unit: string): [main: string, per: string] {
  const [first = "", ...rest] = unit.replace(/\{[^}]*\}/g, "").split("/");
  const second = rest.join("/").trim();
  return [word(first.trim(), unitWords), word(second, perWords)];
}

function word(unit: string, words: ReadonlyMap<string, string>): string {
  return words.get(unit) ?? unit.replace(/[^a-zA-Z0-9]+/g, "_").replace(/^_|_$/g, "");
}

/** The label that an attribute becomes: `exported_…` where the name is taken, as in a scrape. */
function labelName(key: string, taken: ReadonlySet<string>): string {
  const name = key.replace(/[^a-zA-Z0-9]+/g, "_");
  const started = /^[a-zA-Z_]/.test(name) ? name : `_${name}`;
  return taken.has(started) ? `exported_${started}` : started;
}

/** How points with one sequence of attribute names are labelled. */
interface Plan {
  keys: string[];
  labels: { name: string; valuesAt: number[] }[];
}

/**
 * Makes labels of attributes, in the order of the labels' names. Where several attributes become one label, their values stand in
 * the order of the attributes' names, with a semicolon in between.
 */
export class Labeller {
  readonly #taken: ReadonlySet<string>;
  #plan: Plan = { keys: [], labels: [] };

  /** @param taken names that the group or the type of the metric needs itself */
  constructor(taken: ReadonlySet<string>) {
    this.#taken = taken;
  }

  /** @returns names and values by turns */
  labels(attributes: Attributes): string[] {
    const labels: string[] = [];
    for (const { name, valuesAt } of this.#planOf(attributes).labels) {
      const [at = 0, ...others] = valuesAt;
      const first = attributes[at] ?? "";
      labels.push(name, others.length === 0 ? first : [first, ...others.map((other) => attributes[other])].join(";"));
    }
    return labels;
  }

  /** Points that follow each other nearly always have the same attributes, so the last plan is tried first. */
  #planOf(attributes: Attributes): Plan {
    const { keys } = this.#plan;
    let same = keys.length * 2 === attributes.length;
    for (let i = 0; same && i < keys.length; i++) same = keys[i] === attributes[2 * i];
    if (!same) this.#plan = this.#planFor(attributes.filter((_, i) => i % 2 === 0));
    return this.#plan;
  }

  #planFor(keys: string[]): Plan {
    const places = keys.map((key, i): [key: string, at: number] => [key, 2 * i + 1]);
    places.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    const labels = new Map<string, number[]>();
    for (const [key, at] of places) {
      const name = labelName(key, this.#taken);
      const before = labels.get(name);
      if (before === undefined) labels.set(name, [at]);
      else before.push(at);
    }
    const sorted = [...labels].sort(([a], [b]) => (a < b ? -1 : 1));
    return { keys, labels: sorted.map(([name, valuesAt]) => ({ name, valuesAt })) };
  }
}
