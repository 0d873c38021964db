/** Gathers what a program of this computer prints, as text, for those who read it once the program has ended. */
import type { Readable } from "node:stream";

/** Both outputs so far. A program that never starts leaves them empty. */
export function collected(child: { stdout: Readable; stderr: Readable }): { stdout: string; stderr: string } {
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
    });
  }
  return output;
}
