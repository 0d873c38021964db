/** What of a peer's or a witness's table may be believed: an epoch far above the known one would leave none above it. */
import { firstEpoch } from "./epoch.ts";
import type { FailoverState } from "./state.ts";

/** Moves between two starts of a hub, by far. */
export const maxEpochGrowth = 1_000_000;
/**
 * Of services that are not configured here. They must be kept, since the two hubs vote for tables that are alike and one of them may have a
 * service a deployment earlier; so they are bounded.
 */
export const maxUnknown = 500;
const maxNameChars = 100;

/** @returns what may be believed, and the names of the services whose entries may not */
export function admitTable<T extends { epoch: number }>(
  { setup, atStart, wanted }: Pick<FailoverState, "setup" | "atStart" | "wanted">,
  table: Readonly<Record<string, T>>,
): { table: Readonly<Record<string, T>>; refused: string[] } {
  const specs = new Map(setup.services.map((service) => [service.name, service]));
  let unknown = Object.keys(wanted).filter((name) => !specs.has(name)).length;
  const refused = Object.entries(table).flatMap(([name, { epoch }]) => {
    const spec = specs.get(name);
    const known = atStart[name]?.epoch ?? (spec === undefined ? 0 : firstEpoch(spec));
    if (epoch > known + maxEpochGrowth) return [name];
    if (spec !== undefined || Object.hasOwn(wanted, name)) return [];
    return name.length > maxNameChars || ++unknown > maxUnknown ? [name] : [];
  });
  if (refused.length === 0) return { table, refused };
  const isRefused = new Set(refused);
  return { table: Object.fromEntries(Object.entries(table).filter(([name]) => !isRefused.has(name))), refused };
}
