/** Which characters names are made of, as a table, because a scan meets each character of a push. */

const labelStart = 1;
const labelRest = 2;
const metricStart = 4;
const metricRest = 8;
const anywhere = labelStart | labelRest | metricStart | metricRest;

const table = new Uint8Array(128);
for (let code = 65; code <= 90; code++) table[code] = table[code + 32] = anywhere;
for (let code = 48; code <= 57; code++) table[code] = labelRest | metricRest;
table["_".charCodeAt(0)] = anywhere;
table[":".charCodeAt(0)] = metricStart | metricRest;

/** Where the metric name that starts at `at` ends; `at` itself when none does. */
export function metricNameEnd(text: string, at: number): number {
  return nameEnd(text, at, metricStart, metricRest);
}

/** Where the label name that starts at `at` ends; `at` itself when none does. */
export function labelNameEnd(text: string, at: number): number {
  return nameEnd(text, at, labelStart, labelRest);
}

function nameEnd(text: string, at: number, start: number, rest: number): number {
  if (!is(text.charCodeAt(at), start)) return at;
  let end = at + 1;
  while (is(text.charCodeAt(end), rest)) end++;
  return end;
}

function is(code: number, kind: number): boolean {
  return code < 128 && ((table[code] ?? 0) & kind) !== 0;
}
