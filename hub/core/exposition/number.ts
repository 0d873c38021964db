/** Numbers as Go reads and writes them, because that is what every Prometheus client expects to meet. */

/** No two parts can take the same digits, or a long text of them that is none would take time by its square. */
const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const infinity = /^[+-]?inf(?:inity)?$/i;

/** Undefined when Go's `ParseFloat` would refuse it, a number too large for a double included. */
export function parseNumber(text: string): number | undefined {
  if (decimal.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  if (infinity.test(text)) return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return text.toLowerCase() === "nan" ? Number.NaN : undefined;
}

/** The shortest text that reads back as the same number; an exponent from 1e+06 on and below 1e-04, of two digits. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (size < 1e6 && size >= 1e-4) return String(value);
  if (value === 0) return "0";
  if (Number.isNaN(value)) return "NaN";
  if (size === Number.POSITIVE_INFINITY) return value > 0 ? "+Inf" : "-Inf";
  const text = value.toExponential();
  // Go pads the exponent to two digits.
  return text.at(-2) === "+" || text.at(-2) === "-" ? `${text.slice(0, -1)}0${text.at(-1)}` : text;
}

/** A number of up to 15 digits without sign or exponent, which needs no general conversion to be exact; else undefined. */
export function parsePlainNumber(text: string, start: number, end: number): number | undefined {
  let digits = 0;
  let whole = -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code >= 48 && code <= 57) {
      value = value * 10 + (code - 48);
      digits++;
    } else if (code === 46 && whole < 0) whole = digits;
    else return undefined;
  }
  if (digits === 0 || digits > 15) return undefined;
  return whole < 0 ? value : value / 10 ** (digits - whole);
}
