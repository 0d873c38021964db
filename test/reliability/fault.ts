/** What a fault of the matrix is: what happens, which promise it tests, and the tests that hold it. */

/** As docs/reliability.md is divided. */
export const faultClasses = ["process", "machine", "disk", "network", "clock", "operator", "upgrade"] as const;
export type FaultClass = (typeof faultClasses)[number];

/** The promises of the design, in their order. */
export const promises = {
  1: "No acknowledged record is lost",
  2: "No service has two owners of the same epoch, and one that comes back late is refused",
  3: "Both sides converge after any heal, without an operator",
  4: "Nothing waits for ever",
  5: "No secret lies open",
  6: "A preview tells the truth, a second `up` changes nothing, and a planned `up` fails no request and loses no record",
} as const;
export type PromiseNumber = keyof typeof promises;

export interface FaultTest {
  /** From the repository's root. Its name says what runs it: `*.test.ts`, `*.fault.ts` or `*.e2e.ts`. */
  file: string;
  /** As it stands in the file. */
  title: string;
}

export interface Fault {
  id: string;
  class: FaultClass;
  /** A sentence without its full stop. */
  happens: string;
  promises: PromiseNumber[];
  tests: FaultTest[];
}

/** The command that runs a test, by the name of its file. */
export function commandOf({ file }: FaultTest): string {
  if (file.endsWith(".e2e.ts")) return "npm run e2e";
  return file.endsWith(".fault.ts") ? "npm run reliability -- --run" : "npm test";
}
