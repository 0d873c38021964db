/** Takes the timestamps out of a scraped text: a record's own time says when its values stood, and a push may have no other. */

const blank = /[ \t]+/;
const timestamp = /^-?\d+$/;

/**
 * Comments, and lines that hold anything else than a value and a timestamp behind their name, stay as they are.
 * @param mostLines so many that are not blank are looked at, because whoever reads the text refuses it there
 */
export function withoutTimestamps(text: string, mostLines = Number.POSITIVE_INFINITY): string {
  let kept = "";
  let from = 0;
  let lines = 0;
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    if (end > start && ++lines > mostLines) break;
    const cut = timestampStart(text, start, end);
    if (cut !== undefined) {
      kept += text.slice(from, cut);
      from = end;
    }
    start = end + 1;
  }
  return from === 0 ? text : kept + text.slice(from);
}

/** Where the value ends, when a timestamp comes behind it. */
function timestampStart(text: string, start: number, end: number): number | undefined {
  const line = text.slice(start, end);
  if (line.trimStart().startsWith("#")) return undefined;
  // A label's value may hold anything, but behind the last brace there is no label.
  const labelsEnd = line.lastIndexOf("}") + 1;
  const parts = line.slice(labelsEnd).trim().split(blank);
  if (labelsEnd === 0) parts.shift();
  const [value, time, more] = parts;
  if (value === undefined || time === undefined || more !== undefined || !timestamp.test(time)) return undefined;
  return start + line.slice(0, line.lastIndexOf(time)).trimEnd().length;
}
