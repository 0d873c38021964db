/** Hears the order to start again what is dead of a local run, from before anybody can give it: one that nobody hears ends the run. */
import { reviveSignal } from "./data-folder.ts";

/** @returns takes what is done for each order from then on, and for those that came before, once */
export function hearReviveOrders(): (revive: () => void) => void {
  let obey: (() => void) | undefined;
  let isWaiting = false;
  process.on(reviveSignal, () => {
    if (obey === undefined) isWaiting = true;
    else obey();
  });
  return (revive) => {
    obey = revive;
    if (isWaiting) revive();
  };
}
