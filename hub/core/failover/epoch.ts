/** Epochs of a service: the first of its two machines by name mints the even ones, the other the odd ones. */
import { z } from "zod";
import type { ServiceSpec } from "./service.ts";

/** Far from where whole numbers end, so that there is always a next one of either parity. */
export const Epoch = z
  .number()
  .int()
  .min(0)
  .max(2 ** 40);

type Pair = Pick<ServiceSpec, "home" | "standby">;

/** The epoch in which a service begins: its home's lowest. */
export const firstEpoch = (pair: Pair) => parityOf(pair, pair.home);

export function ownerOf(pair: Pair, epoch: number): string {
  return parityOf(pair, pair.home) === epoch % 2 ? pair.home : pair.standby;
}

/** The lowest epoch of a machine that is above the given one. */
export function nextEpoch(pair: Pair, machine: string, above: number): number {
  const next = above + 1;
  return next % 2 === parityOf(pair, machine) ? next : next + 1;
}

export function otherOf(pair: Pair, machine: string): string {
  return machine === pair.home ? pair.standby : pair.home;
}

function parityOf({ home, standby }: Pair, machine: string): 0 | 1 {
  const first = home < standby ? home : standby;
  return machine === first ? 0 : 1;
}
