/** Metrics of notifications: what was told, what failed, what waits, and how far the clocks are apart. */
import { Counter, Gauge, type Registry } from "prom-client";

export interface NotifyGauges {
  channels(): readonly { name: string; delivered: number; failed: number; queued: number; failingForMs: number }[];
  /** Notices given up since the start. */
  dropped(): number;
  silences(): number;
  /** By how much the peer's clock is behind, ms; undefined while it is not heard. */
  clockOffsetMs(): number | undefined;
  /** Wall ms; undefined where there is no switch, or before the first time. */
  deadMansSwitchSaidAtMs(): number | undefined;
}

type ChannelGauges = ReturnType<NotifyGauges["channels"]>[number];

export function notifyMetrics(registry: Registry, gauges: NotifyGauges): void {
  const registers = [registry];
  const ofChannels = (name: string, help: string, read: (channel: ChannelGauges) => number) => {
    const Metric = name.endsWith("_total") ? Counter : Gauge;
    new Metric({
      name: `tandem_${name}`,
      help,
      labelNames: ["channel"],
      registers,
      collect() {
        this.reset();
        for (const channel of gauges.channels()) this.inc({ channel: channel.name }, read(channel));
      },
    });
  };
  ofChannels("notifications_delivered_total", "Messages that a channel took.", ({ delivered }) => delivered);
  ofChannels("notification_failures_total", "Attempts that a channel did not take.", ({ failed }) => failed);
  ofChannels("notifications_queued", "Notices that wait for a channel.", ({ queued }) => queued);
  ofChannels(
    "notification_failing_seconds",
    "For how long every attempt of a channel has failed; 0 when the last one did not.",
    ({ failingForMs }) => failingForMs / 1_000,
  );
  new Counter({
    name: "tandem_notifications_dropped_total",
    help: "Notices given up because too many waited, or for too long.",
    registers,
    collect() {
      this.reset();
      this.inc(gauges.dropped());
    },
  });
  new Gauge({
    name: "tandem_silences",
    help: "Silences under way.",
    registers,
    collect() {
      this.set(gauges.silences());
    },
  });
  const known = (name: string, help: string, read: () => number | undefined) =>
    new Gauge({
      name: `tandem_${name}`,
      help,
      registers,
      collect() {
        const ms = read();
        // A gauge without labels shows 0 unless it is taken away.
        if (ms === undefined) this.remove();
        else this.set(ms / 1_000);
      },
    });
  known(
    "clock_offset_seconds",
    "By how much the peer's clock is behind this machine's; below 0 when it is before.",
    gauges.clockOffsetMs,
  );
  known(
    "dead_mans_switch_timestamp_seconds",
    "When the service outside was last told that this hub lives.",
    gauges.deadMansSwitchSaidAtMs,
  );
}
