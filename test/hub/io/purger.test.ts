import type { JetStreamManager } from "nats";
import { expect, it } from "vitest";
import { purgeInSteps } from "../../../hub/io/purger.ts";

it("9,001 messages go in steps of 2,000, and none behind the last one that may", async () => {
  let first = 5;
  const asked: number[] = [];
  const purge = async (_: string, { seq }: { seq: number }) => {
    asked.push(seq);
    const purged = seq - first;
    first = seq;
    return { success: true, purged };
  };
  const jsm = { streams: { purge } } as unknown as JetStreamManager; // nothing else of it is used
  expect(await purgeInSteps(jsm, "observability-metrics", first, 9_005)).toBe(9_001);
  expect(asked).toEqual([2_005, 4_005, 6_005, 8_005, 9_006]);
  expect(await purgeInSteps(jsm, "observability-metrics", 9_006, 9_005)).toBe(0);
  expect(asked).toHaveLength(5);
});
