/** What was turned away: words of the peer that this hub did not take in. */
import { Counter, type Registry } from "prom-client";
import { type Refused, refusedKinds } from "../core/refused.ts";

export function trustMetrics(registry: Registry, refused: Refused): void {
  new Counter({
    name: "tandem_peer_refused_total",
    help: "What the peer, or somebody in its place, said and this hub did not take in, by what it was, since the hub started.",
    labelNames: ["what"],
    registers: [registry],
    collect() {
      this.reset();
      for (const what of refusedKinds) this.inc({ what }, refused.of(what));
    },
  });
}
