/** The scenarios of `tandem chaos` that stand for faults of the matrix, once each on one pair of real processes. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { fault } from "../support/fault.ts";

/** What is told of a run, as far as it is held here. */
const Run = z.object({
  scenario: z.string(),
  detections: z.array(z.object({ what: z.string(), afterMs: z.number().nullable() })),
  takeovers: z.array(z.object({ outageMs: z.number(), movedAfterMs: z.number().nullable() })),
  recoveryMs: z.number().nullable(),
  seen: z.array(z.object({ requests: z.number(), failed: z.number(), longestOutageMs: z.number() })),
  records: z.object({ acknowledged: z.number(), lost: z.array(z.number()) }),
  problems: z.array(z.string()),
});
const Answer = z.object({
  skipped: z.array(z.object({ scenario: z.string(), why: z.string() })),
  runs: z.array(Run),
});

const portOffset = 19_400;
const partitionSeconds = 20;
const holdSeconds = 4;
const showDeadlineMs = 20 * 60_000;
const tandem = join(import.meta.dirname, "../../ops/tandem.ts");

/** @param scenario of `tandem chaos --list`; the fault's id is in the matrix */
interface Played {
  id: string;
  scenario: string;
  title: string;
}

const played: Played[] = [
  {
    id: "hub-frozen",
    scenario: "hub-hang",
    title: "a hub that stands still is seen by the other one, and no acknowledged push is lost",
  },
  {
    id: "restart-storm",
    scenario: "restart-storm",
    title: "a hub that is killed six times in a row comes back, and no acknowledged push is lost",
  },
  {
    id: "nats-killed",
    scenario: "nats-crash",
    title: "a NATS that is killed costs no acknowledged push: its hub spools meanwhile",
  },
  {
    id: "nats-frozen",
    scenario: "nats-hang",
    title: "a NATS that stands still costs no acknowledged push: its hub spools meanwhile",
  },
  {
    id: "pushgateway-killed",
    scenario: "pushgateway-crash",
    title: "a Pushgateway that is killed is filled again by its hub",
  },
  { id: "agent-hangs", scenario: "agent-hang", title: "an agent that hangs is called unhealthy by both hubs" },
  {
    id: "machine-killed",
    scenario: "machine-crash",
    title: "a machine that is killed costs no acknowledged push, and its services go on at the other one",
  },
  {
    id: "both-machines-killed",
    scenario: "both-cold",
    title: "both machines that are killed at once come back with every acknowledged push",
  },
  {
    id: "machine-frozen",
    scenario: "machine-hang",
    title: "a machine that stands still is taken for dead, and goes on without harm",
  },
  {
    id: "owner-comes-back-late",
    scenario: "owner-thaw",
    title: "an owner that thaws after the takeover is refused, and services come home in order",
  },
  {
    id: "owner-comes-back-late",
    scenario: "owner-reboot",
    title: "an owner that boots after the takeover is refused, and services come home in order",
  },
  {
    id: "witness-gone",
    scenario: "witness-gone",
    title: "a witness that is gone moves nothing, and everything else goes on",
  },
  {
    id: "disk-full",
    scenario: "disk-full",
    title: "a full disk refuses pushes with 507, and none that was acknowledged is lost",
  },
  {
    id: "partition",
    scenario: "partition",
    title: "a partition of 20 s costs no acknowledged push, and both sides are equal after it",
  },
  {
    id: "one-way",
    scenario: "one-way",
    title: "a link that is deaf in one direction costs no acknowledged push",
  },
  { id: "link-slow", scenario: "slow-link", title: "a slow link is no reason for a verdict" },
  { id: "link-lossy", scenario: "lossy-link", title: "a link that loses 5 % is no reason for a verdict" },
  { id: "leaf-cut", scenario: "leaf-cut", title: "a cut leaf stops the copy, which catches up once it is mended" },
  {
    id: "clock-steps",
    scenario: "clock-jump",
    title: "a clock that jumps moves nothing, and no acknowledged push is lost",
  },
];

describe("a pair that meets them one after the other", { timeout: showDeadlineMs }, () => {
  const stop = new AbortController();
  let answer: z.infer<typeof Answer>;

  beforeAll(async () => {
    const scenarios = played.map(({ scenario }) => scenario);
    const times = ["--hold-seconds", String(holdSeconds), "--partition-seconds", String(partitionSeconds)];
    const args = [
      tandem,
      "chaos",
      ...scenarios,
      ...times,
      "--seed",
      "11",
      "--port-offset",
      String(portOffset),
      "--json",
    ];
    // It ends with 1 when a run has a problem, which is judged below.
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    stop.signal.addEventListener("abort", () => child.kill("SIGINT"), { once: true });
    answer = Answer.parse(JSON.parse(await text(child.stdout)));
  }, showDeadlineMs);
  afterAll(() => stop.abort());

  for (const { id, scenario, title } of played)
    it(title, ({ task, skip }) => {
      const skipped = answer.skipped.find((one) => one.scenario === scenario);
      if (skipped !== undefined) skip(skipped.why);
      const run = answer.runs.find((one) => one.scenario === scenario);
      expect(run).toBeDefined();
      expect(run?.problems).toEqual([]);
      expect(run?.recoveryMs).toEqual(expect.any(Number));
      expect(run?.records.lost).toEqual([]);
      for (const { what, afterMs } of run?.detections ?? []) expect(afterMs, what).toEqual(expect.any(Number));
      fault(task, id, figuresOf(Run.parse(run)));
    });
});

function figuresOf({ detections, takeovers, recoveryMs, seen, records }: z.infer<typeof Run>): Record<string, number> {
  const seenAfter = detections.flatMap(({ afterMs }) => afterMs ?? []);
  const moved = takeovers.filter(({ movedAfterMs }) => movedAfterMs !== null).map(({ outageMs }) => outageMs);
  const sum = (of: "requests" | "failed") => seen.reduce((total, stream) => total + stream[of], 0);
  return {
    ...(seenAfter.length > 0 && { seenAfterMs: Math.max(...seenAfter) }),
    ...(moved.length > 0 && { takenOverAfterMs: Math.max(...moved) }),
    ...(recoveryMs !== null && { recoveredAfterMs: recoveryMs }),
    requests: sum("requests"),
    failed: sum("failed"),
    longestOutageMs: Math.max(...seen.map(({ longestOutageMs }) => longestOutageMs)),
    acknowledged: records.acknowledged,
    lost: records.lost.length,
  };
}
