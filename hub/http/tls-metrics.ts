/** When certificates end, and what was turned away for want of TLS or of the right certificate. */
import { Counter, Gauge, type Registry } from "prom-client";

export interface CertificateGauges {
  /** Wall ms. */
  ends(): readonly { certificate: string; endsAtMs: number }[];
  /** Undefined where there is no TLS. */
  readonly turnedAway: Readonly<Record<string, number>> | undefined;
}

export function tlsMetrics(registry: Registry, certificates: CertificateGauges): void {
  new Gauge({
    name: "tandem_certificate_expiry_timestamp_seconds",
    help: "When each certificate in use on this machine ends: `hub` at the hub's port, `link` between the NATS servers.",
    labelNames: ["certificate"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { certificate, endsAtMs } of certificates.ends()) this.set({ certificate }, endsAtMs / 1_000);
    },
  });
  new Counter({
    name: "tandem_tls_turned_away_total",
    help: "What was turned away at the hub's port, since the process started: `handshake` that came to nothing, `plain` requests without TLS, `not-peer` requests for what only the peer's hub may ask.",
    labelNames: ["what"],
    registers: [registry],
    collect() {
      this.reset();
      for (const [what, count] of Object.entries(certificates.turnedAway ?? {})) this.inc({ what }, count);
    },
  });
}
