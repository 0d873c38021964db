/** Metrics of services: where each is, by which epoch, and whether anybody may act. */
import { Gauge, type Registry } from "prom-client";
import type { ServiceJson } from "./api.ts";

export function serviceMetrics(registry: Registry, services: () => ServiceJson[]): void {
  const gauge = (
    name: string,
    help: string,
    label: string | undefined,
    read: (service: ServiceJson) => [string, number],
  ) =>
    new Gauge({
      name: `tandem_service_${name}`,
      help,
      labelNames: label === undefined ? ["service"] : ["service", label],
      registers: [registry],
      collect() {
        this.reset();
        for (const service of services()) {
          const [value, count] = read(service);
          this.set({ service: service.name, ...(label === undefined ? {} : { [label]: value }) }, count);
        }
      },
    });
  gauge("epoch", "Grows by one with each move of the service.", undefined, ({ epoch }) => ["", epoch]);
  gauge("owner", "1 at the machine that owns the service.", "machine", ({ owner }) => [owner, 1]);
  gauge("state", "1 at what the service is: home, away, moving or held.", "state", ({ state }) => [state, 1]);
  gauge("acts", "1 when the instance of this machine acts.", undefined, ({ acts }) => ["", acts ? 1 : 0]);
}
