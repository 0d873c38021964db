/** Which number a deployment gets: above all that the site knows of. Pure. */
import { OperatorError } from "../error.ts";
import type { Place } from "./place.ts";

/** Deployments that the others may have slept through. */
const mostAhead = 1_000;
/** Where nobody else knows of any. */
const mostUnknown = 100_000;

/**
 * Each machine is told the number, and one that was taken over could name one that none can follow.
 * @param here the highest that this computer has noted
 */
export function nextNumber(all: readonly { place: Place; last: number }[], here: number): number {
  const [first, second] = all.toSorted((a, b) => b.last - a.last);
  const known = Math.max(second?.last ?? 0, here);
  if (first === undefined || first.last <= (second === undefined && here === 0 ? mostUnknown : known + mostAhead))
    return 1 + Math.max(first?.last ?? 0, here);
  const { name, stack } = first.place;
  const folder = `${stack.site.paths.data}/deployments`;
  throw new OperatorError(
    "deploy.number",
    `${name} says that it knows of deployment ${first.last}, and nobody else knows of one above ${known}`,
    `Look who was on ${name}: take away what is too high in ${folder} there, and write the last number into its file last. If it is right, write ${first.last} into ${folder}/last of the other machine`,
  );
}
