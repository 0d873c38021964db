/** Says whether a pair is sound enough for one of its machines to be changed. Pure. */
import { because, type HubLook } from "./look.ts";

/** @returns what stands against it, each with the machine that says so; nothing when both copies of all are there */
export function unsoundnessOf(looks: ReadonlyMap<string, HubLook>): string[] {
  return [...looks].flatMap(([machine, { fleet, ledger, why }]) => {
    if (fleet === undefined || ledger === undefined) return [`the hub of ${machine} does not answer${because(why)}`];
    return [
      ...(fleet.sync.state === "in-sync" ? [] : [`${machine} is degraded: ${fleet.sync.reason}`]),
      ...(ledger.missing === 0 ? [] : [`${machine} misses ${ledger.missing} records`]),
    ];
  });
}
