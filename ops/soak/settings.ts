/** What a run was asked for: kept in its folder, so that a later start goes on with the same. */
import { z } from "zod";
import { OperatorError } from "../error.ts";
import { Bars } from "./bars.ts";
import { Target } from "./target.ts";
import { resumeCommand } from "./words.ts";

/** Grows when a folder of an earlier one cannot be gone on with, or verified. */
export const runVersion = 2;

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
  v: z.literal(runVersion),
  /** Of the run. */
  run: z.string(),
  startedAt: z.string(),
  publicKey: z.string(),
  /** Draws faults. */
  seed: z.number().int(),
  /** Whether the hubs take copies of its checkpoints from here. */
  copies: z.boolean(),
  /** Where the hubs were at the last start. */
  hubUrls: z.array(z.string()),
  /** How often it was started; each start has clients of its own. */
  starts: z.number().int(),
});
export type Settings = z.infer<typeof Settings>;

/** What its checkpoints vouch for: all but what each start writes anew. */
export function lastingOf({ starts: _starts, hubUrls: _hubUrls, ...lasting }: Settings) {
  return lasting;
}

/** @throws OperatorError: a run cannot become another one half-way */
export function requireSame(kept: Settings, asked: Asked, seed: number | undefined, out: string): void {
  const differs = differences(kept, asked, seed);
  if (differs.length === 0) return;
  throw new OperatorError(
    "soak.other",
    `${out} holds a soak that was asked for something else: ${differs.map((key) => `${key} ${JSON.stringify(kept[key])}`).join(", ")}`,
    `Go on with it as it is: ${resumeCommand(out)}; or choose another folder with --out`,
  );
}

export const isSame = (kept: Settings, asked: Asked, seed: number | undefined): boolean =>
  differences(kept, asked, seed).length === 0;

/** @param seed undefined: whichever it is */
function differences(kept: Settings, asked: Asked, seed: number | undefined): (keyof Settings)[] {
  const keys = Object.keys(Asked.shape) as (keyof Asked)[]; // of the schema that names them
  const differs = keys.filter((key) => JSON.stringify(kept[key]) !== JSON.stringify(asked[key]));
  return seed === undefined || seed === kept.seed ? differs : [...differs, "seed"];
}

/** A slice is short enough that a short run has some to show. */
export function sliceMsOf({ hours }: Pick<Asked, "hours">): number {
  return Math.min(60_000, Math.max(5_000, Math.round((hours * 3_600_000) / 60)));
}

export const askedMsOf = ({ hours }: Pick<Asked, "hours">): number => Math.round(hours * 3_600_000);
