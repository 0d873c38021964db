/** Two deployed machines as a pair for drills: their servers are containers, started again by their restart policy. */
import { hubUrlOf } from "../../components/address.ts";
import { takeLocks } from "../deploy/lock.ts";
import { giveOrders } from "../deploy/orders.ts";
import { onMachine, type Place, placeOf } from "../deploy/place.ts";
import { OperatorError } from "../error.ts";
import { type GiveOrders, keepDocuments } from "../site/keep-documents.ts";
import { readPairStacks, readStacks } from "../site/stacks.ts";
import { freezeScript, killScript, type SignalScript, thawScript } from "./signals.ts";
import type { DrillSite } from "./site.ts";

export function deployedDrillSite(stacks: string[], dir: string, reports: string): DrillSite {
  const places = new Map(readStacks(stacks, dir).map((stack) => [stack.site.machine.name, placeOf(stack)]));
  const at = (machine: string): Place => {
    const place = places.get(machine);
    if (place === undefined)
      throw new OperatorError("drill.machine", `there is no machine ${machine}`, "Name one of the pair");
    return place;
  };
  const run = (place: Place, { script, as }: SignalScript) => onMachine(place, script, { as });
  const give = [...places.values()].map(
    (place): GiveOrders =>
      (orders, signal) =>
        giveOrders(place, orders, signal),
  );
  return {
    name: `the site in ${dir}`,
    hubs: new Map(readPairStacks(stacks, dir).map(({ machine }) => [machine.name, hubUrlOf(machine)])),
    staysDead: undefined,
    async crash(machine, parts) {
      await run(at(machine), killScript(at(machine).reach, machine, parts));
    },
    async freeze(machine, parts, holdMs) {
      const pids = await run(at(machine), freezeScript(at(machine).reach, machine, parts, holdMs));
      return async () => void (await run(at(machine), thawScript(at(machine).reach, pids)));
    },
    lock: () => takeLocks([...places.values()], "drill"),
    keep: (documents) => keepDocuments(documents, give),
    give,
    reports,
  };
}
