/** A deployment of pc2 that is done; changed by a test. */
import type { Deployment } from "../../../ops/deploy/deployment.ts";

export const deployment = (change: Partial<Deployment> = {}): Deployment => ({
  number: 1,
  machine: "pc2",
  machines: ["pc2", "mainpc"],
  at: "2026-01-01T10:00:00.000Z",
  by: "ops@desk",
  commit: "3f2a9c01d4e75b6a",
  dirty: false,
  changes: ["hub: replaced without a gap (image)"],
  replaced: ["hub"],
  touched: ["hub"],
  images: { "tandem-pc2-hub": "tandem-hub:3f2a9c01d4e7" },
  outcome: "done",
  why: "",
  tookMs: 21_000,
  oneCopyMs: 2_400,
  moved: [],
  paused: [],
  ...change,
});
