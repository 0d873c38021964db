/** Decides which machines go back where no number is named, and each to which of its deployments. Pure. */
import { beforeOf, type Deployment, newest, presentOf, unfinishedOf } from "./deployment.ts";

/**
 * The last deployment is undone, or what has left a machine in between, on the machines alone that it touched: the others run what they ran
 * before. @returns by machine; undefined of one that has nothing to go back to, and no entry for one that is left alone
 */
export function targetsOf(machines: ReadonlyMap<string, readonly Deployment[]>): Map<string, Deployment | undefined> {
  const open = new Set([...machines.values()].flatMap(openNumbers));
  const undone = open.size > 0 ? open : new Set([lastOf([...machines.values()])]);
  const targets = new Map<string, Deployment | undefined>();
  for (const [machine, kept] of machines) {
    const from = startOf(kept)?.number;
    if (from !== undefined && undone.has(from)) targets.set(machine, beforeOf(from, kept));
  }
  return targets;
}

/** From where a machine goes back: what has left it in between, or else what it runs. */
export function startOf(kept: readonly Deployment[]): Deployment | undefined {
  return unfinishedOf(kept) ?? presentOf(kept);
}

function lastOf(machines: readonly (readonly Deployment[])[]): number {
  return Math.max(0, ...machines.map((kept) => presentOf(kept)?.number ?? 0));
}

/** Of a machine that is left in between, the deployments since it was whole: one may have been begun to finish another. None when it is whole. */
export function openNumbers(kept: readonly Deployment[]): number[] {
  if (unfinishedOf(kept) === undefined) return [];
  const whole = newest(kept.filter(({ outcome }) => outcome === "done" || outcome === "rolled back"))?.number ?? 0;
  return kept.flatMap(({ number }) => (number > whole ? number : []));
}
