/** Puts texts into Markdown in such a way that nothing in them is taken for Markdown, a tag or a person's name. */

/** Prose on one line: no tag, no mention, no link, no emphasis. */
export function plain(text: string): string {
  return (
    text
      .replace(/\s*\n\s*/g, " ")
      .replace(/&/g, "&amp;")
      .replace(/</g, "&lt;")
      .replace(/[\\`*_[\]|]/g, (character) => `\\${character}`)
      // A mention needs the name to follow at once.
      .replace(/@/g, "@\u200b")
  );
}

/** On one line; a text with backticks gets more of them around it. */
export function code(text: string): string {
  const inner = text.replace(/\s+/g, " ");
  const ticks = "`".repeat(longestRun(inner) + 1);
  return ticks.length === 1 ? `\`${inner}\`` : `${ticks} ${inner} ${ticks}`;
}

/** A block whose fence is longer than any in it. */
export function fenced(language: string, lines: readonly string[]): string {
  const ticks = "`".repeat(Math.max(3, longestRun(lines.join("\n")) + 1));
  return [`${ticks}${language}`, ...lines, ticks].join("\n");
}

const longestRun = (text: string) => Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
