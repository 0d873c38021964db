/** Reads the numbers of OTLP's JSON: those of 64 bits as text or as numbers, and those that JSON does not have as text. */

/** Beyond 2^53 a number has lost its last digits before anybody reads it, as text does here. */
const wholeOf = (json: unknown): number | undefined => {
  if (typeof json === "number") return Number.isInteger(json) ? json : undefined;
  return typeof json === "string" && /^-?\d{1,20}$/.test(json) ? Number(json) : undefined;
};

/** Undefined for what is no whole number of 64 bits from 0 on. */
export function countOf(json: unknown): number | undefined {
  const whole = wholeOf(json);
  return whole !== undefined && whole >= 0 && whole <= 2 ** 64 ? whole : undefined;
}

/** Undefined for what is no whole number of 64 bits with a sign. */
export function signedOf(json: unknown): number | undefined {
  const whole = wholeOf(json);
  return whole !== undefined && Math.abs(whole) <= 2 ** 63 ? whole : undefined;
}

const decimal = /^([+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|NaN|-?Infinity)$/;

export function realOf(json: unknown): number | undefined {
  if (typeof json === "number") return Number.isFinite(json) ? json : undefined;
  return typeof json === "string" && decimal.test(json) ? Number(json) : undefined;
}
