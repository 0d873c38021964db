import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { fault } from "../support/fault.ts";

const root = join(import.meta.dirname, "..", "..");
const deadlineMs = 180_000;

const Answer = z.object({
  seed: z.number(),
  interrupted: z.boolean(),
  skipped: z.array(z.unknown()),
  runs: z.array(
    z.object({
      scenario: z.string(),
      recoveryMs: z.number(),
      detections: z.array(z.object({ what: z.string(), afterMs: z.number().nullable() })),
      records: z.object({ acknowledged: z.number(), lost: z.array(z.number()) }),
      problems: z.array(z.string()),
    }),
  ),
});

async function chaos(...args: string[]): Promise<string> {
  const command = [join(root, "ops/tandem.ts"), "chaos", ...args];
  // It ends with 1 when a run has a problem, which the test judges itself.
  const { stdout } = await promisify(execFile)(process.execPath, command).catch(
    (error: { stdout: string; stderr: string }) => {
      if (error.stdout.startsWith("{")) return error;
      throw new Error(error.stderr);
    },
  );
  return stdout;
}

describe("tandem chaos", () => {
  it(
    "crashes an agent and a hub of a real pair, which recovers both times and loses 0 acknowledged pushes",
    async ({ task }) => {
      const answer = Answer.parse(
        JSON.parse(
          await chaos(
            "agent-crash",
            "hub-crash",
            "--hold-seconds",
            "4",
            "--seed",
            "3",
            "--port-offset",
            "7600",
            "--json",
          ),
        ),
      );
      expect(answer).toMatchObject({ seed: 3, interrupted: false, skipped: [] });
      expect(answer.runs.map(({ scenario }) => scenario)).toEqual(["agent-crash", "hub-crash"]);
      for (const { records, problems } of answer.runs) {
        expect(problems).toEqual([]);
        expect(records.acknowledged).toBeGreaterThan(0);
        expect(records.lost).toEqual([]);
      }
      const [seen] = answer.runs[1]?.detections ?? [];
      expect(seen?.afterMs).toEqual(expect.any(Number));
      const { recoveryMs, records } = answer.runs[1] ?? { recoveryMs: -1, records: { acknowledged: 0, lost: [] } };
      fault(task, "hub-killed", {
        seenAfterMs: seen?.afterMs ?? -1,
        recoveredAfterMs: recoveryMs,
        acknowledged: records.acknowledged,
        lost: records.lost.length,
      });
    },
    deadlineMs,
  );

  it("names and explains its 22 scenarios without starting anything", async () => {
    const lines = (await chaos("--list")).trim().split("\n");
    expect(lines).toHaveLength(22);
    expect(lines.find((line) => line.startsWith("owner-thaw"))).toContain("stale owner");
  });
});
