/** How the scripts of the doctor print what they found, part by part, and how that is read. */

const marker = "== tandem:";

/** A shell function that begins a part. */
export const sectionFunction = `section() { printf '\\n${marker} %s\\n' "$1"; }`;

export class Sections {
  readonly #texts = new Map<string, string>();

  constructor(stdout: string) {
    for (const part of stdout.split(marker).slice(1)) {
      const end = part.indexOf("\n");
      this.#texts.set(part.slice(0, end).trim(), part.slice(end + 1).trim());
    }
  }

  /** Empty where the script said nothing. */
  text(name: string): string {
    return this.#texts.get(name) ?? "";
  }

  lines(name: string): string[] {
    return this.text(name)
      .split("\n")
      .filter((line) => line !== "");
  }

  json(name: string): unknown {
    try {
      return JSON.parse(this.text(name));
    } catch {
      return undefined;
    }
  }

  number(name: string): number | undefined {
    const digits = /^\d+/.exec(this.text(name))?.[0];
    return digits === undefined ? undefined : Number(digits);
  }
}
