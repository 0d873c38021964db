/**
 * What a hub that is replaced leaves to the one that succeeds it: for which single writers it acted without a bound. No vote could tell that one,
 * and nobody else may have taken them between the two.
 */
import { ownerOf } from "./epoch.ts";
import type { Saved } from "./messages.ts";
import type { Confirmed, FailoverSetup } from "./state.ts";
import { entryOf } from "./table.ts";

/** A successor starts within a moment; what is older was left to another one. */
const leftForMs = 10_000;

/** What a start may go on with: as if an operator had said anew what the one before acted by. */
export function inherited(setup: FailoverSetup, disk: Saved | undefined, atMs: number): Record<string, Confirmed> {
  const { succeeds = false, boot = "", machine, services } = setup;
  const left = disk?.left;
  if (!succeeds || boot === "" || disk === undefined || left === undefined || left.boot !== boot) return {};
  if (left.atMs > atMs || atMs - left.atMs >= leftForMs) return {};
  const goesOn = services.filter((service) => {
    const { epoch, released } = entryOf(disk.table, service);
    const isOwner = ownerOf(service, epoch) === machine && !released;
    return service.singleWriter && isOwner && left.unbounded[service.name] === epoch;
  });
  return Object.fromEntries(
    goesOn.map((service) => [service.name, { epoch: entryOf(disk.table, service).epoch, atMs }]),
  );
}
