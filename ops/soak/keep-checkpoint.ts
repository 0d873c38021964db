/** Keeps checkpoints at both hubs as well, so that an edit of this folder and its key shows. */
import { hostname, userInfo } from "node:os";
import { giveOrders } from "../deploy/orders.ts";
import { placeOf } from "../deploy/place.ts";
import { localRun } from "../ledger/hubs.ts";
import { readDocuments } from "../site/documents.ts";
import { type GiveOrders, givingTo, keepDocuments } from "../site/keep-documents.ts";
import { readStacks } from "../site/stacks.ts";
import type { Target } from "./settings.ts";

const kind = "soak";

export interface Keeper {
  run: string;
  target: Target;
  hubUrls: readonly string[];
}

/**
 * Those that no hub holds yet: one that could not be kept when it was made, in the middle of a fault, is kept with a later one.
 *
 * @param checkpoints of the folder, by name
 * @throws Error with what keeps a hub from it
 */
export async function keepCheckpoints(keeper: Keeper, checkpoints: ReadonlyMap<string, unknown>): Promise<void> {
  const kept = await keptCheckpoints(keeper);
  if (kept === undefined) throw new Error("no hub answers");
  const by = `${userInfo().username}@${hostname()}`;
  const missing = [...checkpoints].filter(([name]) => !kept.has(name));
  const documents = missing.map(([name, value]) => ({ kind, key: keyOf(keeper, name), by, value, replaces: null }));
  const outcomes = await keepDocuments(documents, doorsOf(keeper));
  for (const outcome of outcomes) if (outcome.kind !== "stored") throw new Error(outcome.text);
}

/** By name; undefined where no hub tells. */
export async function keptCheckpoints(keeper: Keeper): Promise<Map<string, unknown> | undefined> {
  const read = await readDocuments(keeper.hubUrls, kind);
  const prefix = keyOf(keeper, "");
  const own = read?.documents.filter(({ key }) => key.startsWith(prefix));
  return own && new Map(own.map(({ key, value }) => [key.slice(prefix.length), value]));
}

const keyOf = ({ run }: Pick<Keeper, "run">, name: string): string => `${run}/${name}`;

/** A hub takes orders on its own machine alone: of a deployed one they are given there. */
function doorsOf({ target, hubUrls }: Keeper): GiveOrders[] {
  const isDeployed =
    target.kind === "running" && target.hub === null && localRun({ data: target.data ?? undefined }) === undefined;
  if (!isDeployed) return hubUrls.map(givingTo);
  return readStacks(target.stack, target.dir).map((stack) => (orders) => giveOrders(placeOf(stack), orders));
}
