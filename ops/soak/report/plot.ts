/** Draws lines over time as SVG, without a script: its colours are the page's, light or dark. */

export interface Series {
  name: string;
  /** Null breaks the line: nothing was observed there. */
  points: readonly { atMs: number; value: number | null }[];
}

export interface Plot {
  title: string;
  unit: string;
  series: readonly Series[];
  /** A line that the others have to stay below. */
  bar?: number;
  /** Stretches of time that are shaded, with what they are. */
  faults?: readonly { fromMs: number; toMs: number; what: string }[];
}

const width = 860;
const height = 220;
const edge = { left: 64, right: 12, top: 10, bottom: 26 };
/** More would lie on the same pixel. */
const mostPoints = 430;
const gridLines = 4;
const timeMarks = 6;
/** Less is nothing, and has no power of ten that a double could hold. */
const leastTop = 1e-9;

export function svgOf({ title, unit, series, bar, faults = [] }: Plot): string {
  const all = series.flatMap(({ points }) => points);
  const fromMs = all.reduce((least, { atMs }) => Math.min(least, atMs), Infinity);
  const toMs = greatest(all.map(({ atMs }) => atMs));
  const values = all.flatMap(({ value }) => value ?? []);
  if (values.length === 0) return `<p class="none">${escaped(title)}: not measured.</p>`;
  const most = greatest(values);
  const top = niceTop(Math.max(most, bar !== undefined && most > bar / 4 ? bar : 0));
  const x = (atMs: number) =>
    edge.left + ((atMs - fromMs) / Math.max(1, toMs - fromMs)) * (width - edge.left - edge.right);
  const y = (value: number) => height - edge.bottom - (Math.min(value, top) / top) * (height - edge.top - edge.bottom);
  const n = (value: number) => value.toFixed(1);
  const grid = Array.from({ length: gridLines + 1 }, (_, i) => (top * i) / gridLines).map(
    (value) =>
      `<line class="grid" x1="${edge.left}" x2="${width - edge.right}" y1="${n(y(value))}" y2="${n(y(value))}"/>` +
      `<text class="tick" text-anchor="end" x="${edge.left - 6}" y="${n(y(value) + 4)}">${short(value)}</text>`,
  );
  const marks = Array.from({ length: timeMarks }, (_, i) => fromMs + ((toMs - fromMs) * i) / (timeMarks - 1)).map(
    (atMs, i) =>
      `<text class="tick" text-anchor="${i === 0 ? "start" : i === timeMarks - 1 ? "end" : "middle"}" x="${n(x(atMs))}" y="${height - 8}">${timeText(atMs, toMs - fromMs)}</text>`,
  );
  const bands = faults
    .filter((fault) => fault.toMs >= fromMs && fault.fromMs <= toMs)
    .map((fault) => {
      const [left, right] = [x(Math.max(fromMs, fault.fromMs)), x(Math.min(toMs, fault.toMs))];
      const size = `x="${n(left)}" y="${edge.top}" width="${n(Math.max(1, right - left))}" height="${height - edge.top - edge.bottom}"`;
      return `<rect class="fault" ${size}><title>${escaped(fault.what)}</title></rect>`;
    });
  const limit =
    bar === undefined || bar > top
      ? ""
      : `<line class="bar" x1="${edge.left}" x2="${width - edge.right}" y1="${n(y(bar))}" y2="${n(y(bar))}"><title>bar ${short(bar)} ${escaped(unit)}</title></line>`;
  const lines = series.map(({ name, points }, i) => {
    const d = pathOf(thinned(points), x, y, n);
    return `<path class="line s${i % 8}" d="${d}"><title>${escaped(name)}</title></path>`;
  });
  const keys = series.map(({ name }, i) => `<span class="key"><i class="s${i % 8}"></i>${escaped(name)}</span>`);
  const label = `${title}, ${unit}`;
  return [
    `<figure><figcaption>${escaped(label)}</figcaption>`,
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(label)}">`,
    ...bands,
    ...grid,
    ...marks,
    limit,
    ...lines,
    `</svg><div class="keys">${keys.join("")}</div></figure>`,
  ].join("\n");
}

function pathOf(
  points: Series["points"],
  x: (atMs: number) => number,
  y: (value: number) => number,
  n: (value: number) => string,
): string {
  let d = "";
  let pen = "M";
  for (const { atMs, value } of points) {
    if (value === null) pen = "M";
    else {
      // A point alone is a short stroke: a line of no length is not drawn.
      d += `${pen}${n(x(atMs))} ${n(y(value))}${pen === "M" ? "h.6" : ""}`;
      pen = "L";
    }
  }
  return d;
}

/** The greatest of each stretch, so that no peak is lost; a gap stays one. */
function thinned(points: Series["points"]): Series["points"] {
  const size = Math.ceil(points.length / mostPoints);
  if (size <= 1) return points;
  const kept: { atMs: number; value: number | null }[] = [];
  for (let i = 0; i < points.length; i += size) {
    const stretch = points.slice(i, i + size);
    const values = stretch.flatMap(({ value }) => value ?? []);
    const atMs = stretch[0]?.atMs ?? 0;
    if (values.length > 0) kept.push({ atMs, value: greatest(values) });
    if (values.length < stretch.length) kept.push({ atMs, value: null });
  }
  return kept;
}

/** Of more values than a call takes arguments. */
const greatest = (values: readonly number[]) => values.reduce((most, value) => Math.max(most, value), -Infinity);

/** The next of 1, 2, 2.5, 5, 10 … above. */
export function niceTop(value: number): number {
  if (value < leastTop) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map((step) => step * power).find((step) => step >= value) ?? 10 * power;
}

const short = (value: number) => (value >= 10_000 ? value.toExponential(0) : String(Number(value.toPrecision(3))));
const dayMs = 86_400_000;
const timeText = (atMs: number, spanMs: number) => {
  const text = new Date(atMs).toISOString();
  return spanMs > 2 * dayMs
    ? `${text.slice(5, 10)} ${text.slice(11, 13)}h`
    : spanMs > 3_600_000
      ? text.slice(11, 16)
      : text.slice(11, 19);
};

export const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
