/** Keeps the hashes of a run's checkpoints at both hubs, in one document that is written over: an edit of the folder and its key shows by them. */
import { hostname, userInfo } from "node:os";
import { z } from "zod";
import { HubClient } from "../client/hub-client.ts";
import { giveOrders } from "../deploy/orders.ts";
import { placeOf } from "../deploy/place.ts";
import { type GiveOrders, givingTo, keepDocuments } from "../site/keep-documents.ts";
import { readStacks } from "../site/stacks.ts";
import type { Settings } from "./settings.ts";

const kind = "soak";
/** A week of hourly ones and some; those before are vouched for by the chain. A document holds 64 KiB. */
export const mostHashes = 200;

export const Copy = z.strictObject({
  publicKey: z.string(),
  /** Number of the first of these. */
  first: z.number().int().positive(),
  /** One after the other, without a gap. */
  hashes: z.array(z.string()),
});
export type Copy = z.infer<typeof Copy>;

/** What a hub that answers holds of a run. */
export interface HubCopy {
  hubUrl: string;
  /** Undefined where there is none, or something else. */
  copy: Copy | undefined;
}

export type Keeper = Pick<Settings, "run" | "publicKey" | "target" | "hubUrls">;

/** @param hashes of all checkpoints, the first one first. */
export function copyOf({ publicKey }: Pick<Keeper, "publicKey">, hashes: readonly string[]): Copy {
  const first = Math.max(1, hashes.length - mostHashes + 1);
  return { publicKey, first, hashes: hashes.slice(first - 1) };
}

/**
 * A later copy holds what an earlier one could not be given, in the middle of a fault.
 *
 * @throws Error with what keeps a hub from it
 */
export async function keepCopy(keeper: Keeper, hashes: readonly string[]): Promise<void> {
  const kept = await keptCopies(keeper.run, keeper.hubUrls);
  if (kept.length === 0) throw new Error("no hub answers");
  for (const { hubUrl, copy } of kept)
    if (copy !== undefined && !precedes(copy, keeper, hashes))
      throw new Error(`${hubUrl} holds a copy of other checkpoints, which is not written over`);
  const by = `${userInfo().username}@${hostname()}`;
  const document = { kind, key: keeper.run, by, value: copyOf(keeper, hashes) };
  for (const outcome of await keepDocuments([document], doorsOf(keeper)))
    if (outcome.kind !== "stored") throw new Error(outcome.text);
}

/** Of each hub that answers. */
export async function keptCopies(run: string, hubUrls: readonly string[]): Promise<HubCopy[]> {
  return (await askCopies(run, hubUrls)).copies;
}

/** What was heard of hubs, and why nothing of the others. */
export interface AskedCopies {
  copies: HubCopy[];
  silent: { hubUrl: string; why: string }[];
}

export async function askCopies(run: string, hubUrls: readonly string[]): Promise<AskedCopies> {
  const heard: AskedCopies = { copies: [], silent: [] };
  const outcomes = hubUrls.map(async (hubUrl) => {
    const outcome = await new HubClient([hubUrl]).call("getDocuments", { params: { kind } });
    return { hubUrl, outcome };
  });
  for (const { hubUrl, outcome } of await Promise.all(outcomes)) {
    if (outcome.kind === "answered") {
      const found = Copy.safeParse(outcome.value.documents.find(({ key }) => key === run)?.value);
      heard.copies.push({ hubUrl, copy: found.data });
    } else {
      const why =
        outcome.kind === "refused" ? `${hubUrl}: ${outcome.status} ${outcome.reason}` : outcome.reasons.join();
      heard.silent.push({ hubUrl, why });
    }
  }
  return heard;
}

/** Whether the chain goes on where the copy ends. */
function precedes({ publicKey, first, hashes }: Copy, keeper: Keeper, chain: readonly string[]): boolean {
  return publicKey === keeper.publicKey && hashes.every((hash, i) => chain[first - 1 + i] === hash);
}

/** A hub takes them at a socket of its own machine: of a deployed one they are given there. */
function doorsOf({ target, hubUrls }: Keeper): GiveOrders[] {
  const stacks = target.kind === "site" || target.kind === "hubs" ? target.stacks : null;
  if (stacks === null) return hubUrls.map((hub) => givingTo(hub));
  return readStacks(stacks.names, stacks.dir).map(
    (stack) => (orders, signal) => giveOrders(placeOf(stack), orders, signal),
  );
}
