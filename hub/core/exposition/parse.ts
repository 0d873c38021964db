/**
 * Reads the text exposition format as strictly as Prometheus' own parser does: what that one refuses is refused here, with
 * the line's number and the reason. One pass over the text, because this stands on the path of every push.
 */
import type { LimitName } from "../push-limits.ts";
import { addPart, type Draft, Drafts, Refusal, refused, type Target } from "./drafts.ts";
import { type Family, isDistribution, metricTypes } from "./family.ts";
import { labelNameEnd, metricNameEnd } from "./name-chars.ts";
import { parseNumber, parsePlainNumber } from "./number.ts";
import { type TextBounds, unbounded } from "./text-bounds.ts";

export type Parsed =
  | { ok: true; families: Family[] }
  /** `line` counts from 1; `limit` is the one that the text passes, where it is not malformed. */
  | { ok: false; line: number; reason: string; limit?: LimitName | undefined };

/**
 * Families in the order in which the text first names them; those without a sample are left out.
 * @param bounds beyond which the rest of the text is not read; none for what is stored
 */
export function parseExposition(text: string, bounds: TextBounds = unbounded): Parsed {
  const parser = new Parser(text, bounds);
  try {
    return { ok: true, families: parser.run() };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ok: false, line: parser.line, reason: error.message, limit: error.limit };
  }
}

/** Names and values together; up to here a scan costs less than a set, beyond it the square of their number. */
const manyLabels = 64;
const newline = 10;
const quote = 34;
const hash = 35;
const comma = 44;
const equals = 61;
const backslash = 92;
const letterN = 110;
const openBrace = 123;
const closeBrace = 125;

class Parser {
  line = 1;
  readonly #text: string;
  readonly #bounds: TextBounds;
  #at = 0;
  #samples = 0;
  #comments = 0;
  readonly #drafts: Drafts;
  #lastName = "";
  #lastTarget: Target | undefined;

  constructor(text: string, bounds: TextBounds) {
    this.#text = text;
    this.#bounds = bounds;
    this.#drafts = new Drafts(bounds);
  }

  run(): Family[] {
    for (; ; this.line++) {
      this.#skipBlanks();
      if (this.#at >= this.#text.length) return this.#drafts.families();
      const code = this.#text.charCodeAt(this.#at);
      if (code === newline) this.#at++;
      else if (code === hash) this.#comment();
      else this.#sample();
    }
  }

  /** A HELP or TYPE line, or any other comment, which is passed over. */
  #comment(): void {
    const { commentsPerPush, helpCharacters } = this.#bounds;
    if (++this.#comments > commentsPerPush) {
      throw new Refusal(`it has more than ${commentsPerPush} lines of comments; leave some out`, "seriesPerPush");
    }
    const end = this.#lineEnd();
    const match = /^#[ \t]*(HELP|TYPE)[ \t]+(.*)$/s.exec(this.#text.slice(this.#at, end));
    this.#at = end + 1;
    const rest = match?.[2] ?? "";
    const nameEnd = metricNameEnd(rest, 0);
    // A name alone says nothing, and is no error either.
    if (nameEnd === rest.length) return;
    if (nameEnd === 0 || !isBlank(rest.charCodeAt(nameEnd))) throw new Refusal(`not a metric name: ${clip(rest)}`);
    const { draft } = this.#drafts.target(rest.slice(0, nameEnd));
    const value = rest.slice(nameEnd).replace(/^[ \t]+/, "");
    if (value === "") return;
    if (match?.[1] === "HELP") {
      if (value.length > helpCharacters) throw refused("helpCharacters", helpCharacters, `the help of ${draft.name}`);
      setHelp(draft, value);
    } else setType(draft, value);
  }

  #sample(): void {
    const { seriesPerPush } = this.#bounds;
    if (++this.#samples > seriesPerPush) throw refused("seriesPerPush", seriesPerPush);
    const start = this.#at;
    this.#at = metricNameEnd(this.#text, start);
    if (this.#at === start) throw this.#unexpected("a metric name at the start of the line");
    const name = this.#text.slice(start, this.#at);
    const target =
      name === this.#lastName ? (this.#lastTarget ?? this.#drafts.target(name)) : this.#drafts.target(name);
    this.#lastName = name;
    this.#lastTarget = target;
    const { draft } = target;
    draft.type ??= "untyped";
    this.#skipBlanks();
    const labels: string[] = [];
    const bound = this.#text.charCodeAt(this.#at) === openBrace ? this.#labels(draft, labels) : Number.NaN;
    const value = this.#value();
    if (isDistribution(draft.type)) addPart(target, labels, bound, value);
    else draft.metrics.push({ labels, value, distribution: undefined });
  }

  /** Reads `{name="value",…}`; returns the value of `le` or `quantile` where the family's type sets it apart, else NaN. */
  #labels(draft: Draft, labels: string[]): number {
    const text = this.#text;
    const { labelsPerSeries, labelNameCharacters, labelValueCharacters } = this.#bounds;
    const apart = draft.type === "histogram" ? "le" : draft.type === "summary" ? "quantile" : "";
    let bound = Number.NaN;
    let names: Set<string> | undefined;
    do {
      this.#at++;
      this.#skipBlanks();
      if (text.charCodeAt(this.#at) === closeBrace) break;
      const start = this.#at;
      this.#at = labelNameEnd(text, start);
      if (this.#at === start) throw this.#unexpected(`a label name for ${draft.name}`);
      const name = text.slice(start, this.#at);
      if (name.length > labelNameCharacters)
        throw refused("labelNameCharacters", labelNameCharacters, `a label of ${draft.name}`);
      if (name === "__name__") throw new Refusal("the label name __name__ is reserved");
      if (labels.length > manyLabels) names ??= new Set(labels.filter((_, i) => i % 2 === 0));
      if (names === undefined ? hasName(labels, name) : names.size === names.add(name).size) {
        throw new Refusal(`${draft.name} has the label ${name} twice`);
      }
      this.#skipBlanks();
      if (text.charCodeAt(this.#at) !== equals) throw this.#unexpected(`= after the label ${name}`);
      this.#at++;
      this.#skipBlanks();
      const value = this.#labelValue(name);
      if (value.length > labelValueCharacters) {
        throw refused("labelValueCharacters", labelValueCharacters, `the label ${name} of ${draft.name}`);
      }
      if (name === apart) bound = numberOf(name, value);
      else if (labels.push(name, value) > 2 * labelsPerSeries) {
        throw refused("labelsPerSeries", labelsPerSeries, `a series of ${draft.name}`);
      }
      this.#skipBlanks();
    } while (text.charCodeAt(this.#at) === comma);
    if (text.charCodeAt(this.#at) !== closeBrace) throw this.#unexpected(`, or } after a label of ${draft.name}`);
    this.#at++;
    this.#skipBlanks();
    return bound;
  }

  #labelValue(name: string): string {
    const text = this.#text;
    if (text.charCodeAt(this.#at) !== quote) throw this.#unexpected(`" before the value of ${name}`);
    const start = this.#at + 1;
    let end = start;
    let escaped = false;
    for (; ; end++) {
      const code = text.charCodeAt(end);
      if (code === quote) break;
      if (code === backslash) {
        escaped = true;
        const next = text.charCodeAt(++end);
        if (next === backslash || next === quote || next === letterN) continue;
        throw new Refusal(`the value of ${name} may hold the escapes \\\\, \\" and \\n, not \\${text.charAt(end)}`);
      }
      if (code === newline || end >= text.length) throw new Refusal(`the value of ${name} has no closing quote`);
    }
    this.#at = end + 1;
    const raw = text.slice(start, end);
    return escaped ? resolveEscapes(raw) : raw;
  }

  /** Reads the rest of the line, which may hold a value and nothing else. */
  #value(): number {
    const end = this.#lineEnd();
    const start = this.#at;
    this.#at = end + 1;
    const plain = parsePlainNumber(this.#text, start, end);
    if (plain !== undefined) return plain;
    const [token = "", ...rest] = this.#text.slice(start, end).split(/[ \t]/);
    const value = numberOf("the value", token);
    if (rest.length === 0) return value;
    const timestamp = rest.find((part) => part !== "");
    if (timestamp === undefined) throw new Refusal("blanks after the value");
    throw new Refusal(`a pushed metric may have no timestamp, found ${clip(timestamp)} after the value`);
  }

  #lineEnd(): number {
    const end = this.#text.indexOf("\n", this.#at);
    if (end < 0) throw new Refusal("the text ends inside a line; the last line needs a line feed too");
    return end;
  }

  #skipBlanks(): void {
    while (isBlank(this.#text.charCodeAt(this.#at))) this.#at++;
  }

  #unexpected(expected: string): Refusal {
    const found = this.#at < this.#text.length ? JSON.stringify(this.#text.charAt(this.#at)) : "the end of the text";
    return new Refusal(`expected ${expected}, found ${found}`);
  }
}

function setHelp(draft: Draft, raw: string): void {
  if (draft.help !== undefined) throw new Refusal(`second HELP line for ${draft.name}`);
  const known = raw.replace(/\\[\\n]/g, "");
  if (known.includes("\\")) throw new Refusal(`the help of ${draft.name} may hold the escapes \\\\ and \\n only`);
  draft.help = resolveEscapes(raw);
}

function setType(draft: Draft, raw: string): void {
  if (draft.type !== undefined) throw new Refusal(`second TYPE line for ${draft.name}, or TYPE after its samples`);
  const type = metricTypes.find((known) => known === raw.toLowerCase());
  if (type === undefined) throw new Refusal(`unknown type ${clip(raw)}; known are ${metricTypes.join(", ")}`);
  draft.type = type;
}

function numberOf(what: string, text: string): number {
  const number = parseNumber(text);
  if (number === undefined) throw new Refusal(`${what} must be a number, got ${clip(text)}`);
  return number;
}

function resolveEscapes(raw: string): string {
  return raw.replace(/\\(.)/g, (_, code) => (code === "n" ? "\n" : code));
}

function hasName(labels: readonly string[], name: string): boolean {
  for (let i = 0; i < labels.length; i += 2) if (labels[i] === name) return true;
  return false;
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

function clip(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
