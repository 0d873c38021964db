/** How far the clocks of two machines are apart, from when each was asked by this computer and what it answered. Pure. */
import { type Check, ok, warn } from "./check.ts";
import type { Asked } from "./checks.ts";

export interface ClockRead extends Asked {
  machine: string;
  wallMs: number;
}

/** The hubs order writes within their clocks' difference, and alert above this, ms. */
const warnMs = 500;

/** What the way there and back took may hide of it; so much is certain. */
export function checkClocks(reads: readonly ClockRead[]): Check[] {
  return reads.flatMap((one, i) =>
    reads.slice(i + 1).map((other): Check => {
      const [a, b] = [one, other].map(({ wallMs, fromMs, toMs }) => ({ least: wallMs - toMs, most: wallMs - fromMs }));
      const aheadMs = (a?.least ?? 0) - (b?.most ?? 0);
      const behindMs = (b?.least ?? 0) - (a?.most ?? 0);
      const apartMs = Math.max(0, aheadMs, behindMs);
      const which =
        aheadMs >= behindMs ? `${one.machine} ahead of ${other.machine}` : `${other.machine} ahead of ${one.machine}`;
      if (apartMs === 0)
        return ok("clocks", `${one.machine} and ${other.machine} agree, as far as can be told from here`);
      const found = `${which} by ${apartMs} ms at least`;
      return apartMs > warnMs
        ? warn("clocks", found, "Keep both by NTP: timedatectl set-ntp true on each")
        : ok("clocks", found);
    }),
  );
}
