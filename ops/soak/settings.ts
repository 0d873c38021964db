/** What a run was asked for: kept in its folder, so that a later start goes on with the same. */
import { z } from "zod";
import { OperatorError } from "../error.ts";
import { Bars } from "./bars.ts";

/** Where the pair is. */
export const Target = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("own-pair"),
    agents: z.enum(["pilots", "all", "none"]),
    portOffset: z.number().nullable(),
  }),
  z.strictObject({
    kind: z.literal("running"),
    hub: z.array(z.string()).nullable(),
    data: z.string().nullable(),
    stack: z.array(z.string()),
    dir: z.string(),
  }),
]);
export type Target = z.infer<typeof Target>;

/** What an operator chooses. */
export const Asked = z.strictObject({
  hours: z.number().positive(),
  target: Target,
  pushesPerSecond: z.number().positive(),
  checkpointMinutes: z.number().positive(),
  /** Faults an hour; 0: none. */
  chaos: z.number().min(0),
  /** Names of scenarios; empty: all that fit. */
  scenarios: z.array(z.string()),
  holdSeconds: z.number().positive(),
  bars: Bars,
});
export type Asked = z.infer<typeof Asked>;

export const Settings = Asked.extend({
  v: z.literal(1),
  /** Of the run. */
  run: z.string(),
  startedAt: z.string(),
  publicKey: z.string(),
  /** Draws faults. */
  seed: z.number().int(),
  /** Where the hubs were at the last start, which keep copies of checkpoints. */
  hubUrls: z.array(z.string()),
  /** How often it was started; each start has clients of its own. */
  starts: z.number().int(),
});
export type Settings = z.infer<typeof Settings>;

/** @throws OperatorError: a run cannot become another one half-way */
export function requireSame(kept: Settings, asked: Asked, out: string): void {
  const differs = (Object.keys(Asked.shape) as (keyof Asked)[]).filter(
    (key) => JSON.stringify(kept[key]) !== JSON.stringify(asked[key]),
  );
  if (differs.length === 0) return;
  throw new OperatorError(
    "soak.other",
    `${out} holds a soak that was asked for something else: ${differs.map((key) => `${key} ${JSON.stringify(kept[key])}`).join(", ")}`,
    `Go on with it as it is: tandem soak --resume ${out}; or choose another folder with --out`,
  );
}

/** A slice is short enough that a short run has some to show. */
export function sliceMsOf({ hours }: Pick<Asked, "hours">): number {
  return Math.min(60_000, Math.max(5_000, Math.round((hours * 3_600_000) / 60)));
}
