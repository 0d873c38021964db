import type { Played } from "../../../ops/drill/figures.ts";

/** A fault that went well; changed by a test. */
export const played = (more: Partial<Played> = {}): Played => ({
  scenario: "hub-crash",
  machine: "pc2",
  at: "2026-01-02T03:04:05.000Z",
  detectionMs: 40,
  failoverMs: 900,
  outageMs: 300,
  recoveryMs: 2_000,
  acknowledged: 100,
  lost: 0,
  ...more,
});
