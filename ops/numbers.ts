/** Numbers as options of commands take them. */
import { InvalidArgumentError } from "commander";

export function natural(text: string): number {
  const number = Number(text);
  if (text !== "" && Number.isInteger(number) && number >= 0) return number;
  throw new InvalidArgumentError("a whole number, 0 or more");
}

export function positive(text: string): number {
  const number = Number(text);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new InvalidArgumentError("a number above 0");
}
