/** Writes the labels of a group's series: its own, overridden by the group's, with an `instance` at all events, sorted by name. */
import { escapeLabelValue } from "../exposition/render.ts";
import type { Group } from "../group-path.ts";

/** How series with one sequence of label names are written: fixed text and values by turns, and fixed text at the end. */
interface Plan {
  names: string[];
  pieces: { before: string; valueAt: number }[];
  tail: string;
  /** A label that no push may use, because Prometheus keeps names with two underscores in front for itself. */
  reserved: string | undefined;
}

export class LabelMerger {
  readonly #group: Group;
  #plan: Plan;

  constructor(group: Group) {
    this.#group = group;
    this.#plan = this.#planFor([]);
  }

  /** @param labels names and values by turns @returns what stands between the braces */
  text(labels: readonly string[]): string {
    const { pieces, tail } = this.#planOf(labels);
    let text = "";
    for (const { before, valueAt } of pieces) text += before + escapeLabelValue(labels[valueAt] ?? "");
    return text + tail;
  }

  /** A name among the labels that no push may use. */
  reserved(labels: readonly string[]): string | undefined {
    return this.#planOf(labels).reserved;
  }

  /** Series that follow each other nearly always have the same names, so the last plan is tried first. */
  #planOf(labels: readonly string[]): Plan {
    const { names } = this.#plan;
    let same = names.length * 2 === labels.length;
    for (let i = 0; same && i < names.length; i++) same = names[i] === labels[2 * i];
    if (!same) this.#plan = this.#planFor(labels.filter((_, i) => i % 2 === 0));
    return this.#plan;
  }

  #planFor(names: string[]): Plan {
    const fixed = new Map<string, string>(this.#group);
    if (!fixed.has("instance") && !names.includes("instance")) fixed.set("instance", "");
    const places = new Map(names.map((name, i) => [name, 2 * i + 1]));
    const all = [...fixed.keys(), ...names.filter((name) => !fixed.has(name))].sort();
    const pieces: Plan["pieces"] = [];
    let text = "";
    all.forEach((name, i) => {
      text += `${i === 0 ? "" : ","}${name}="`;
      const value = fixed.get(name);
      if (value === undefined) {
        pieces.push({ before: text, valueAt: places.get(name) ?? 0 });
        text = '"';
      } else text += `${escapeLabelValue(value)}"`;
    });
    return { names, pieces, tail: text, reserved: names.find((name) => name.startsWith("__")) };
  }
}
