/** Metrics of remote write: what stores took, what they will never get, and what waits. */
import { Counter, Gauge, type Registry } from "prom-client";

export interface RemoteWriteGauges {
  targets(): readonly { name: string; samples: number; dropped: number; failed: number; lagMs: number }[];
  queueBytes(): number;
  /** Samplings that could not be kept. */
  skipped(): number;
}

type TargetGauges = ReturnType<RemoteWriteGauges["targets"]>[number];

export function remoteWriteMetrics(registry: Registry, gauges: RemoteWriteGauges): void {
  const registers = [registry];
  const ofTargets = (name: string, help: string, read: (target: TargetGauges) => number) => {
    const Metric = name.endsWith("_total") ? Counter : Gauge;
    new Metric({
      name: `tandem_remote_write_${name}`,
      help,
      labelNames: ["target"],
      registers,
      collect() {
        this.reset();
        for (const target of gauges.targets()) this.inc({ target: target.name }, read(target));
      },
    });
  };
  ofTargets("samples_total", "Samples that a target took from this hub.", ({ samples }) => samples);
  ofTargets(
    "dropped_samples_total",
    "Samples that a target will not get from this hub: it refused them, or the queue was full.",
    ({ dropped }) => dropped,
  );
  ofTargets("failed_requests_total", "Requests that a target did not take.", ({ failed }) => failed);
  ofTargets(
    "lag_seconds",
    "Age of the oldest samples that wait for a target; 0 without any.",
    ({ lagMs }) => lagMs / 1_000,
  );
  new Gauge({
    name: "tandem_remote_write_queue_bytes",
    help: "Size of the files in which samples wait for the targets.",
    registers,
    collect() {
      this.set(gauges.queueBytes());
    },
  });
  new Counter({
    name: "tandem_remote_write_skipped_samplings_total",
    help: "Samplings that could not be kept, since the hub started.",
    registers,
    collect() {
      this.reset();
      this.inc(gauges.skipped());
    },
  });
}
