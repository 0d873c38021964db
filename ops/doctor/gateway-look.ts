/** Reads what both hubs fold and what their Pushgateways show, and looks again before it calls a difference one. */
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { askHub } from "../site/ask-hub.ts";
import type { Check } from "./check.ts";
import { checkGroups, type Groups, groupsIn } from "./gateways.ts";

export interface Side {
  machine: string;
  hub: string;
  pushgateway: string;
}

const Anything = z.unknown();
/** A hub levels its Pushgateway within two seconds; what came meanwhile is no difference, ms. */
const againMs = 2_500;
const looks = 3;

/** By machine; nothing of a machine whose hub does not answer. */
export async function checkGateways(sides: readonly Side[]): Promise<Map<string, Check[]>> {
  for (let left = looks - 1; ; left--) {
    const found = await lookOnce(sides);
    const isLevel = [...found.values()].flat().every(({ status }) => status === "ok");
    if (isLevel || left === 0) return found;
    await pause(againMs);
  }
}

async function lookOnce(sides: readonly Side[]): Promise<Map<string, Check[]>> {
  const seen = await Promise.all(
    sides.map(async (side) => {
      // Together, or a push between the two would be taken for a difference.
      const [fold, shown] = await Promise.all([groupsAt(side.hub), groupsAt(side.pushgateway)]);
      return { ...side, fold, shown };
    }),
  );
  const [first] = seen;
  return new Map(
    seen.map(({ machine, pushgateway, fold, shown }) => {
      if (fold === undefined) return [machine, []];
      const log = `curl ${pushgateway}/-/ready, then the log of the hub of ${machine}`;
      const own = checkGroups(fold, shown, { what: "it", hub: "its hub" }, log);
      if (first?.fold === undefined || machine === first.machine) return [machine, own];
      const words = { what: `the hub of ${machine}`, hub: `the hub of ${first.machine}` };
      const next = "tandem ledger: both are equal once nothing is pending";
      return [machine, [...own, ...checkGroups(first.fold, fold, words, next)]];
    }),
  );
}

async function groupsAt(url: string): Promise<Groups | undefined> {
  return groupsIn(await askHub(`${url}/api/v1/metrics`, Anything));
}
