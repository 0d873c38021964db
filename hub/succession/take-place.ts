/** How a process comes to its place: at once where nobody holds it, else as the successor of the one that does, once it could act itself. */
import { setTimeout } from "node:timers/promises";
import { type Log, messageOf } from "../io/log.ts";
import type { Liveness } from "./liveness.ts";
import type { Address, Place } from "./place.ts";

export interface TakePlaceOptions {
  place: Place;
  /** Where clients reach this process from `prepare` on. */
  at: Address;
  /** Does what can fail, and takes clients in, to hold them; rejects with what is in the way. */
  prepare(): Promise<void>;
  /** It did not come to it: clients are for the one that acts. */
  withdraw(): Promise<void>;
  liveness: Liveness;
  log: Log;
  signal: AbortSignal;
}

const againMs = 1_000;
/** The holder has ended: the place is free, or about to be. */
const soonMs = 50;

/** Resolves when this process holds the place. @returns whether it follows another one @throws when the signal ends the wait */
export async function takePlace(options: TakePlaceOptions): Promise<boolean> {
  const { place, liveness, log, signal } = options;
  let complaint = "";
  for (;;) {
    signal.throwIfAborted();
    if (await place.take()) return false;
    const outcome = await succeed(options);
    if (outcome === "held") return true;
    if (outcome !== "gone" && outcome !== complaint) {
      complaint = outcome;
      log.warn("succession.waits", { reason: outcome });
      liveness.unwell(outcome);
    }
    await setTimeout(outcome === "gone" ? soonMs : againMs, undefined, { signal });
  }
}

/** `held`, `gone`, or why the place was not given. */
async function succeed({ place, at, prepare, withdraw, log }: TakePlaceOptions): Promise<string> {
  const may = await place.mayI();
  if (may.kind !== "ok") return may.kind === "no" ? may.reason : "gone";
  try {
    await prepare();
  } catch (error) {
    place.letGo();
    await withdraw();
    return messageOf(error);
  }
  const startedMs = performance.now();
  const outcome = await place.succeed(at);
  if (outcome.kind === "ok") {
    log.info("succession.taken", { ms: Math.round(performance.now() - startedMs) });
    return "held";
  }
  await withdraw();
  return outcome.kind === "no" ? outcome.reason : "gone";
}
