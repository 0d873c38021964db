/** How fast an objective's budget burns, and by which windows that is worth an alert: those of Google's SRE workbook. */
import type { Objective } from "./config.ts";
import type { Count } from "./minute-ring.ts";

export const windows = { "5m": 5, "30m": 30, "1h": 60, "2h": 120, "6h": 360, "1d": 1_440, "3d": 4_320 } as const;
export type Window = keyof typeof windows;
export const windowNames = Object.keys(windows) as Window[]; // of the table above

export type Burning = "no" | "warning" | "urgent";

export interface Rate {
  window: Window;
  /** 1 uses up the budget just in the objective's window; null without a probe. */
  rate: number | null;
  /** Whether enough was asked to say so. */
  decides: boolean;
}

interface Rule {
  burning: Exclude<Burning, "no">;
  long: Window;
  short: Window;
  rate: number;
}

/** Both windows must burn so fast: the long one says that it matters, the short one that it goes on. The first rule that holds counts. */
export const rules: readonly [Rule, ...Rule[]] = [
  { burning: "urgent", long: "1h", short: "5m", rate: 14.4 },
  { burning: "urgent", long: "6h", short: "30m", rate: 6 },
  { burning: "warning", long: "3d", short: "6h", rate: 1 },
];

/** A window with fewer probes than this part of those it has room for, one a second, says nothing yet. */
const leastShare = 0.1;

/** @param between counts of the minutes after `from` up to `to` */
export function ratesOf(
  { target }: Pick<Objective, "target">,
  between: (from: number, to: number) => Count,
  nowMinute: number,
): Rate[] {
  return windowNames.map((window) => {
    const minutes = windows[window];
    const { total, bad } = between(nowMinute - minutes, nowMinute);
    const rate = total === 0 ? null : bad / total / (1 - target);
    return { window, rate, decides: total >= leastShare * minutes * 60 };
  });
}

export function burningBy(rates: readonly Rate[]): Burning {
  const burns = (window: Window, atLeast: number) =>
    rates.some((each) => each.window === window && each.decides && (each.rate ?? 0) >= atLeast);
  return rules.find(({ long, short, rate }) => burns(long, rate) && burns(short, rate))?.burning ?? "no";
}

/** 1 while nothing is used, 0 when it is used up, below that when more was. */
export function budgetLeft({ target }: Pick<Objective, "target">, { total, bad }: Count): number {
  return total === 0 ? 1 : 1 - bad / total / (1 - target);
}
