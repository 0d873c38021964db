/** Whether a pair has all that a fault would take from it. */
import { ask } from "../client/hub-client.ts";
import { askServices } from "../site/ask-services.ts";

/** In the words of either hub; undefined when both are there, in sync, miss nothing, and see all servers alive and all services at home. */
export async function whyNotWhole(hubs: ReadonlyMap<string, string>): Promise<string | undefined> {
  for (const [name, url] of hubs) {
    const [fleet, ledger, services] = await Promise.all([
      ask(url, "getFleet", {}, 2_000),
      ask(url, "getLedger", {}, 2_000),
      askServices(url, 2_000),
    ]);
    if (fleet === undefined || ledger === undefined || services === undefined)
      return `the hub of ${name} does not answer`;
    if (fleet.sync.state !== "in-sync") return `${name} is not in sync: ${fleet.sync.reason}`;
    if (ledger.missing > 0) return `${name} misses ${ledger.missing} records`;
    for (const [machine, view] of Object.entries(fleet.machines))
      for (const part of ["hub", "nats", "pushgateway"] as const)
        if (view[part].verdict !== "alive") return `${name} says that ${part} of ${machine} is ${view[part].verdict}`;
    const away = services.find(({ state }) => state !== "home");
    if (away !== undefined) return `${away.name} is ${away.state}, not at home`;
  }
  return undefined;
}
