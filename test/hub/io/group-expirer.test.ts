import { expect, it, onTestFinished } from "vitest";
import type { ExpiringGroup } from "../../../hub/core/fold/expiry.ts";
import type { Candidate } from "../../../hub/core/fold/fold.ts";
import { GroupExpirer } from "../../../hub/io/group-expirer.ts";
import type { AppendOutcome } from "../../../hub/io/journal.ts";
import { createLog } from "../../../hub/io/log.ts";

const expiring = (job: string): ExpiringGroup => ({
  group: [["job", job]],
  written: { at: { wallMs: 1_000, counter: 0 }, machine: "mainpc" },
  afterMs: 500,
});

function expirer(groups: ExpiringGroup[], append: (push: Candidate) => Promise<AppendOutcome>, ready = () => true) {
  const lines: string[] = [];
  const made = new GroupExpirer({
    groups: () => groups,
    view: () => (ready() ? { machine: "mainpc", nowMs: 2_000, peerDeadForMs: undefined } : undefined),
    append,
    log: createLog("test", (line) => lines.push(line)),
    everyMs: 5,
  });
  onTestFinished(() => made.stop());
  return lines;
}

it("an expired group is deleted once while its DELETE is under way, and again when the store did not take it", async () => {
  const settle: ((outcome: AppendOutcome) => void)[] = [];
  const lines = expirer([expiring("a")], () => new Promise((resolve) => settle.push(resolve)));
  await expect.poll(() => settle.length).toBe(1);
  settle[0]?.({ kind: "unavailable", reason: "NATS on this machine does not answer" });
  await expect.poll(() => settle.length).toBe(2);
  expect(lines.join()).toContain("NATS on this machine does not answer");
});

it("of 1,000 groups that expire at once 256 are deleted at a time", async () => {
  const groups = Array.from({ length: 1_000 }, (_, i) => expiring(`${i}`));
  const waiting: (() => void)[] = [];
  let most = 0;
  let deleted = 0;
  expirer(groups, async ({ group }) => {
    await new Promise<void>((go) => {
      waiting.push(go);
      most = Math.max(most, waiting.length);
    });
    deleted++;
    groups.splice(
      groups.findIndex((each) => each.group === group),
      1,
    );
    return { kind: "stored", position: { incarnation: "one", seq: deleted } };
  });
  await expect.poll(() => waiting.length).toBe(256);
  await expect
    .poll(() => {
      for (const go of waiting.splice(0)) go();
      return deleted;
    })
    .toBe(1_000);
  expect(most).toBe(256);
});

it("nothing is deleted before the records are read back", async () => {
  let ready = false;
  let asked = 0;
  const appended: boolean[] = [];
  expirer(
    [expiring("a")],
    async () => {
      appended.push(ready);
      return { kind: "busy", reason: "" };
    },
    () => {
      asked++;
      return ready;
    },
  );
  await expect.poll(() => asked).toBeGreaterThan(3);
  ready = true;
  await expect.poll(() => appended.length).toBeGreaterThan(0);
  expect(appended[0]).toBe(true);
});
