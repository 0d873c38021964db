/** Tells the failover which machines and services are being worked on, so that nothing of them moves by itself. */
import type { HubConfig } from "./config.ts";
import type { Order } from "./services.ts";

export class MaintenanceOrders {
  readonly #subjects: ReadonlyMap<string, string>;
  readonly #order: (order: Order) => void;
  #active: ReadonlySet<string> = new Set();

  constructor(
    { machine, peer, services }: Pick<HubConfig, "machine" | "peer" | "services">,
    order: (order: Order) => void,
  ) {
    const agents = services.map(({ home, name }) => [`${home}/${name}`, name] as const);
    this.#subjects = new Map([...[machine, peer].map(({ name }) => [name, name] as const), ...agents]);
    this.#order = order;
  }

  /** @param targets machines and agents in maintenance now */
  settle(targets: readonly string[]): void {
    const now = new Set(targets.flatMap((target) => this.#subjects.get(target) ?? []));
    for (const subject of now) if (!this.#active.has(subject)) this.#order({ kind: "maintenance", subject, on: true });
    for (const subject of this.#active) if (!now.has(subject)) this.#order({ kind: "maintenance", subject, on: false });
    this.#active = now;
  }
}
