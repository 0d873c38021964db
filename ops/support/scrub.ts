/** Takes secrets out of a text, those that are known by their values and what looks like one, and says what is left of them. Pure. */
import { type Pattern, secretsIn } from "../secrets/patterns.ts";

export const removed = "[removed]";

/** What a secret looks like; `keep` is the part in front of it that says what it was. */
interface Look {
  name: string;
  pattern: RegExp;
  keep: string;
}

const key = String.raw`[\w.-]*(?:passw(?:or)?d|passphrase|requirepass|secret|token|api[-_]?key|private[-_]?key|credential|seed)s?`;
const quoted = String.raw`\\?"(?:[^"\\]|\\[^"])+\\?"|'[^'\n]+'`;
/** Neither a number, a word of JSON, a list or object, nor what was taken out already. */
const plain = String.raw`(?!(?:\d+|true|false|null|undefined)(?![\w-])|[[{(<])[^\s,;{}()"'\\]+`;
const notRemoved = String.raw`(?!["'\\]*\[removed\])(?!["'\\]*\[secret\])`;

const looks: readonly Look[] = [
  {
    name: "a private key",
    pattern: /()-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
    keep: "",
  },
  { name: "a PEM text in base64", pattern: /()LS0tLS1CRUdJTi[A-Za-z0-9+/=]{20,}/g, keep: "" },
  { name: "an NKey's seed", pattern: /()\bS[A-Z2-7]{57}\b/g, keep: "" },
  { name: "a token", pattern: /()\beyJ[\w-]{10,}\.[\w-]{10,}(?:\.[\w-]*)?/g, keep: "" },
  { name: "a token", pattern: /\b((?:Bearer|Basic) +)(?!\[removed\])[\w.~+/=-]{8,}/gi, keep: "$1" },
  {
    name: "a password in a URL",
    pattern: /\b([a-z][a-z0-9+.-]*:\/\/[^\s/@:"']*:)(?!\[removed\]@)[^\s/@"']+(?=@)/gi,
    keep: "$1",
  },
  { name: "a ciphertext of Pulumi", pattern: /()\bv1:[\w+/=-]{8,}:[\w+/=-]{16,}/g, keep: "" },
  {
    name: "a value under a secret's name",
    pattern: new RegExp(String.raw`(\b${key}\\?["']?\s*[=:]\s*)${notRemoved}(?:${quoted}|${plain})`, "gi"),
    keep: "$1",
  },
  {
    name: "a value behind a secret's option",
    pattern: new RegExp(String.raw`((?<=^|[\s"'])--?${key}\s+)${notRemoved}(?!-)${plain}`, "gim"),
    keep: "$1",
  },
];

export interface Scrubbed {
  text: string;
  /** How many places were taken out. */
  count: number;
}

export function scrub(text: string, known: readonly Pattern[]): Scrubbed {
  let [clean, count] = [text, 0];
  // The longest first: a shorter one may be a part of it.
  for (const { text: value } of known.toSorted((a, b) => b.text.length - a.text.length)) {
    const parts = clean.split(value);
    count += parts.length - 1;
    clean = parts.join(removed);
  }
  for (const { pattern, keep } of looks) {
    clean = clean.replace(pattern, (_, kept: string) => {
      count++;
      return `${keep === "" ? "" : kept}${removed}`;
    });
  }
  return { text: clean, count };
}

/** What of a secret is in a text, by its name or its look; never the value. */
export function secretsLeft(text: string, known: readonly Pattern[]): string[] {
  const seen = looks.filter(({ pattern }) => text.search(pattern) >= 0).map(({ name }) => name);
  return [...new Set([...secretsIn(text, known), ...seen])];
}
