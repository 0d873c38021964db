/** Metrics of the last drill (`tandem drill`), as both hubs keep what it measured. */
import { Gauge, type Registry } from "prom-client";
import { z } from "zod";

/** Kind and key of the document, and what is read of it; the rest is the command's own affair. */
export const drillKind = "drills";
export const lastDrillKey = "last";

const Spread = z.object({ p50: z.number().nullable(), p95: z.number().nullable(), max: z.number().nullable() });
const LastDrill = z.object({
  at: z.iso.datetime(),
  figures: z.object({
    runs: z.number(),
    lost: z.number(),
    breaches: z.array(z.string()),
    detectionMs: Spread,
    failoverMs: Spread,
    outageMs: Spread,
    recoveryMs: Spread,
  }),
});

const spreads = [
  ["detection", "From a fault until the other hub said so", "detectionMs"],
  ["failover", "From a fault until its services had another owner", "failoverMs"],
  ["outage", "Longest time in which a client got no answer", "outageMs"],
  ["recovery", "From a fault's end until the pair was whole again", "recoveryMs"],
] as const;
const statistics = ["p50", "p95", "max"] as const;

/** Nothing is shown before the first drill. @param last what is kept of it; undefined where nothing is */
export function drillMetrics(registry: Registry, last: () => unknown): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: (drill: z.infer<typeof LastDrill>) => number) =>
    new Gauge({
      name: `tandem_drill_${name}`,
      help,
      registers,
      collect() {
        this.reset();
        // A gauge without labels shows 0 unless it is taken away.
        const drill = LastDrill.safeParse(last()).data;
        if (drill === undefined) this.remove();
        else this.set(read(drill));
      },
    });
  gauge("timestamp_seconds", "When the last drill ended.", ({ at }) => Date.parse(at) / 1_000);
  gauge("passed", "1 when the last drill reached every bar, else 0.", ({ figures }) =>
    figures.breaches.length === 0 ? 1 : 0,
  );
  gauge("faults", "Faults that the last drill brought about.", ({ figures }) => figures.runs);
  gauge("lost_pushes", "Acknowledged pushes that were missing after the last drill.", ({ figures }) => figures.lost);
  for (const [name, what, key] of spreads)
    new Gauge({
      name: `tandem_drill_${name}_seconds`,
      help: `${what}, in the last drill.`,
      labelNames: ["statistic"],
      registers,
      collect() {
        this.reset();
        const spread = LastDrill.safeParse(last()).data?.figures[key];
        if (spread === undefined) return;
        for (const statistic of statistics) {
          const value = spread[statistic];
          if (value !== null) this.set({ statistic }, value / 1_000);
        }
      },
    });
}
