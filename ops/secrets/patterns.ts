/** What to search for so that a secret is found in whatever form it was left behind. */

export interface Secret {
  /** Stack and key, such as `mainpc hubSeed`; this is what a finding names. */
  name: string;
  value: string;
}

export interface Pattern {
  secret: string;
  text: string;
}

/** Anything shorter is found everywhere by chance, so nothing can be said of it. */
export const leastLength = 8;

/** Text as it is, as base64, as JSON and in a URL; of a text of several lines, such as a key, each line that is its own. */
export function patternsOf({ name, value }: Secret): Pattern[] {
  const lines = value
    .split(/\r?\n/)
    .map((line) => line.trim())
    // The borders of a PEM block stand in every other one too.
    .filter((line) => line.length >= leastLength && !line.startsWith("-----"));
  const forms = lines.flatMap((line) => [line, JSON.stringify(line).slice(1, -1), encodeURIComponent(line)]);
  if (value.length >= leastLength) forms.push(...base64Forms(value));
  return [...new Set(forms)].map((text) => ({ secret: name, text }));
}

/** The middle of its base64 at each of three offsets, so that it is found inside something longer that was encoded whole. */
function base64Forms(value: string): string[] {
  return [0, 1, 2]
    .map((offset) => {
      const encoded = Buffer.from("\0".repeat(offset) + value).toString("base64");
      // The first and last groups are mixed with what stands before and after.
      return encoded.replace(/=+$/, "").slice(offset === 0 ? 0 : 4, -4);
    })
    .filter((text) => text.length >= leastLength);
}

/** Which secrets a text holds; for what is read here and not on a machine. */
export function secretsIn(text: string, patterns: readonly Pattern[]): string[] {
  return [...new Set(patterns.filter((pattern) => text.includes(pattern.text)).map(({ secret }) => secret))];
}
