/** Which licences packages may have: all let the program be given on under its own licence. Pure. */
import type { LockedPackage } from "./lockfile.ts";

/** SPDX ids. */
const anywhere: readonly string[] = [
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "MIT-0",
  "Python-2.0",
  "Unlicense",
  "Zlib",
];
/** For tools of the tests, of which nothing is given on. */
const inTestsOnly: readonly string[] = ["MPL-2.0"];
/** What says it otherwise, and was read. */
const readByHand: Readonly<Record<string, string>> = {
  "@logdna/tail-file": "MIT, in its file LICENSE",
  "spdx-exceptions": "CC-BY-3.0, a list of names",
};

/** @returns why a package may not be used; undefined when it may */
export function whyNotAllowed({ name, license, dev }: Pick<LockedPackage, "name" | "license" | "dev">) {
  if (name in readByHand) return undefined;
  const allowed = new Set(dev ? [...anywhere, ...inTestsOnly] : anywhere);
  if (isAllowed(license, allowed)) return undefined;
  return `${name} has the licence ${license}, which is none of those that ops/supply/licences.ts allows`;
}

/** Flat expressions, as packages have them: of alternatives one will do, of what holds together all must. */
function isAllowed(expression: string, allowed: ReadonlySet<string>): boolean {
  const plain = expression.replace(/^\((.*)\)$/, "$1");
  const alternatives = plain.split(" OR ");
  return alternatives.some((each) => each.split(" AND ").every((id) => allowed.has(id)));
}
