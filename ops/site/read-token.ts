/** Reads a token from the file that the environment names: a process's environment itself is for all of its user to read. */
import { readFileSync } from "node:fs";
import { OperatorError } from "../error.ts";

/** @param variable that named the file, for what to do @throws OperatorError when it cannot be read or holds none */
export function readToken(variable: string, path: string): string {
  const refuse = (why: string) =>
    new OperatorError("token.unreadable", `${path}: ${why}`, `Name in ${variable} a file with a token; docs/access.md`);
  let text: string;
  try {
    text = readFileSync(path, "utf8").trim();
  } catch (error) {
    throw refuse(String((error as NodeJS.ErrnoException).code)); // fs errors carry a code
  }
  if (!/^[\x21-\x7e]+$/.test(text)) throw refuse("it holds no token: one line without spaces");
  return text;
}
