/** What a target of the fuzzing is: something that reads bytes of strangers, and what has to hold of it whatever they are. */

/** `refused`: by an error or answer of its own kind, which the target itself has caught or read. */
export type Outcome = "taken" | "refused";

/** A target that was made ready; what it throws is a defect. */
export interface Subject {
  run(input: Buffer): Outcome | Promise<Outcome>;
  close?(): Promise<void>;
}

export interface Target {
  /** Of the command and of its folder in the corpus. */
  name: string;
  /** A line of `--help`. */
  about: string;
  /** Which changes keep the form that its readers look at first; bytes are changed blindly besides. */
  form: "bytes" | "json" | "yaml" | "wire";
  /** Words of the format. */
  tokens: readonly string[];
  /** Inputs to begin with, beside the corpus. */
  seeds(): readonly (string | Uint8Array)[];
  /** Draws inputs that are mostly of the right shape, for forms of trees. @param seed repeats them */
  draw?(seed: number, count: number): unknown[];
  /** Paths of the sources whose blocks count. */
  covers: RegExp;
  /** Of an input. @default 16384 */
  maxBytes?: number;
  /** Of an input that is stretched to see how the time grows; 0 where time tells nothing. @default 262144 */
  stretchBytes?: number;
  open(): Subject | Promise<Subject>;
}

/** Something that has to hold of a target does not. */
export class Broken extends Error {
  override readonly name = "Broken";
}

export function holds(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Broken(what);
}

/** Of JSON values: equal in what they say, whatever the order of keys. */
export function same(one: unknown, other: unknown, what: string): void {
  const [left, right] = [stable(one), stable(other)];
  if (left !== right) throw new Broken(`${what}: ${clip(left)} is not ${clip(right)}`);
}

/** As JSON with keys in order, and what JSON does not have written out; it knows no 0 below 0. */
export function stable(value: unknown): string {
  if (typeof value === "number") return String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "undefined";
  if (Array.isArray(value)) return `[${value.map(stable).join()}]`;
  if (value instanceof Map) return `map${stable([...value])}`;
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  const sorted = entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([key, part]) => `${JSON.stringify(key)}:${stable(part)}`).join()}}`;
}

const clip = (text: string) => (text.length <= 300 ? text : `${text.slice(0, 300)}…`);

/** Undefined where it is no JSON. */
export function jsonOf(input: Buffer): unknown {
  try {
    return JSON.parse(input.toString());
  } catch {
    return undefined;
  }
}
