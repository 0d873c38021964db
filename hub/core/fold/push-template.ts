/**
 * A push is nearly always the one before it of its group with other values. A template holds the text of a body between its
 * values, and what the fold makes of each line, so that a body which differs in values only need not be read as text again.
 */
import { isDistribution } from "../exposition/family.ts";
import { metricNameEnd } from "../exposition/name-chars.ts";
import { formatNumber, parseNumber, parsePlainNumber } from "../exposition/number.ts";
import type { PreparedFamily } from "./prepare.ts";

interface TemplateFamily {
  family: Omit<PreparedFamily, "text" | "characters">;
  /** By how much its `characters` exceed the length of its text: values take one byte a character. */
  besideText: number;
  /** Places of its samples among those of the body. */
  samples: number[];
}

const hash = "#";

export class PushTemplate {
  /** What stands before each value, and behind the last one. */
  readonly #between: string[];
  /** What the fold writes before each value. */
  readonly #shown: string[];
  readonly #families: TemplateFamily[];
  /** What it takes of memory, in characters. */
  readonly size: number;

  private constructor(between: string[], shown: string[], families: TemplateFamily[]) {
    this.#between = between;
    this.#shown = shown;
    this.#families = families;
    this.size = [...between, ...shown].reduce((sum, { length }) => sum + length, 0);
  }

  /**
   * @param families what the whole reading of this body has given
   * @returns undefined when a line of the body is not one line of the fold: histograms and summaries, and what the hub drops
   */
  static of(body: string, families: readonly PreparedFamily[]): PushTemplate | undefined {
    if (families.some(({ type }) => isDistribution(type))) return undefined;
    const between: string[] = [];
    const samplesOf = new Map(families.map(({ name }): [string, number[]] => [name, []]));
    const values: string[] = [];
    let from = 0;
    for (let start = 0; start < body.length; ) {
      const end = body.indexOf("\n", start);
      if (end < 0) return undefined;
      const line = body.slice(start, end).trimStart();
      if (line !== "" && !line.startsWith(hash)) {
        const valueAt = body.lastIndexOf(" ", end) + 1;
        const samples = samplesOf.get(line.slice(0, metricNameEnd(line, 0)));
        if (valueAt <= start || samples === undefined) return undefined;
        samples.push(between.length);
        between.push(body.slice(from, valueAt));
        values.push(body.slice(valueAt, end));
        from = end;
      }
      start = end + 1;
    }
    between.push(body.slice(from));
    const shown = shownBefore(families, samplesOf, values);
    if (shown === undefined) return undefined;
    const made = families.map(({ text, characters, ...family }) => {
      return { family, besideText: characters - text.length, samples: samplesOf.get(family.name) ?? [] };
    });
    return new PushTemplate(between, shown, made);
  }

  /** What the whole reading would give; undefined when the body differs in more than its values. */
  fill(body: string): PreparedFamily[] | undefined {
    const between = this.#between;
    const shown = this.#shown;
    const lines: string[] = [];
    let at = 0;
    for (let i = 0; i < shown.length; i++) {
      const before = between[i] ?? "";
      if (!body.startsWith(before, at)) return undefined;
      at += before.length;
      const end = body.indexOf("\n", at);
      if (end < 0) return undefined;
      const value = parsePlainNumber(body, at, end) ?? parseNumber(body.slice(at, end));
      if (value === undefined) return undefined;
      lines.push(`${shown[i]}${formatNumber(value)}\n`);
      at = end;
    }
    const rest = between[shown.length] ?? "";
    if (at + rest.length !== body.length || !body.startsWith(rest, at)) return undefined;
    return this.#families.map(({ family, besideText, samples }) => {
      const text = samples.map((sample) => lines[sample]).join("");
      return { ...family, text, characters: besideText + text.length };
    });
  }
}

/** By sample, the fold's line up to its value; undefined when lines and samples are not the same ones. */
function shownBefore(
  families: readonly PreparedFamily[],
  samplesOf: ReadonlyMap<string, number[]>,
  values: readonly string[],
): string[] | undefined {
  const shown: string[] = [];
  for (const { name, text } of families) {
    const lines = text.split("\n").slice(0, -1);
    const samples = samplesOf.get(name) ?? [];
    if (lines.length !== samples.length) return undefined;
    for (const [i, sample] of samples.entries()) {
      const line = lines[i] ?? "";
      const valueAt = line.lastIndexOf(" ") + 1;
      const value = parseNumber(values[sample] ?? "");
      if (value === undefined || line.slice(valueAt) !== formatNumber(value)) return undefined;
      shown[sample] = line.slice(0, valueAt);
    }
  }
  return shown.length === values.length ? shown : undefined;
}

/** More is not kept, in characters; the one that was used longest ago goes first. */
const maxCharacters = 16 * 1024 * 1024;

/** Templates by group. */
export class PushTemplates {
  readonly #kept = new Map<string, PushTemplate>();
  #characters = 0;

  /** The group's template; it counts as used now. */
  get(key: string): PushTemplate | undefined {
    const template = this.#kept.get(key);
    if (template === undefined) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, template);
    return template;
  }

  keep(key: string, template: PushTemplate | undefined): void {
    this.#drop(key);
    if (template === undefined) return;
    this.#kept.set(key, template);
    this.#characters += template.size;
    for (const oldest of this.#kept.keys()) {
      if (this.#characters <= maxCharacters) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#characters -= this.#kept.get(key)?.size ?? 0;
    this.#kept.delete(key);
  }
}
