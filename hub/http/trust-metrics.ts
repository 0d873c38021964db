/** What was turned away: words of the peer that this hub did not take in, and connections that one address had too many of. */
import { Counter, Gauge, type Registry } from "prom-client";
import { type Refused, refusedKinds } from "../core/refused.ts";

export interface ConnectionGauges {
  readonly open: number;
  /** Since the process started. */
  readonly refused: number;
}

export function trustMetrics(registry: Registry, refused: Refused, connections: ConnectionGauges): void {
  new Gauge({
    name: "tandem_http_connections",
    help: "Open connections at the hub's port.",
    registers: [registry],
    collect() {
      this.set(connections.open);
    },
  });
  new Counter({
    name: "tandem_http_refused_connections_total",
    help: "Connections at the hub's port that were refused because their address held as many as one may, or all together did, since the process started.",
    registers: [registry],
    collect() {
      this.reset();
      this.inc(connections.refused);
    },
  });
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
