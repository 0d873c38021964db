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
  /** The place was not given: clients are for the one that acts. */
  withdraw(): Promise<void>;
  liveness: Liveness;
  log: Log;
}

const againMs = 1_000;

/** Resolves when this process holds the place. @returns whether another one held it before */
export async function takePlace(options: TakePlaceOptions): Promise<boolean> {
  const { place, liveness, log } = options;
  let complaint = "";
  for (;;) {
    if (await place.take()) return false;
    const refusal = await succeed(options);
    if (refusal === undefined) return true;
    if (refusal !== complaint) log.warn("succession.waits", { reason: refusal });
    complaint = refusal;
    liveness.unwell(refusal);
    await setTimeout(againMs);
  }
}

/** Undefined when the place is held; else why it is not. */
async function succeed({ place, at, prepare, withdraw, log }: TakePlaceOptions): Promise<string | undefined> {
  try {
    await prepare();
  } catch (error) {
    return messageOf(error);
  }
  const startedMs = performance.now();
  const refusal = await place.succeed(at);
  if (refusal === undefined) log.info("succession.taken", { ms: Math.round(performance.now() - startedMs) });
  else await withdraw();
  return refusal;
}
