import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { PushLimits } from "../../hub/core/push-limits.ts";
import { BarePair } from "../support/bare-pair.ts";
import { fault } from "../support/fault.ts";
import { Killable } from "../support/killable.ts";
import { Acknowledged } from "./acknowledged.ts";

/** Enough to start with and for some of the pushes below. */
const heapMib = 64;
const seriesPerPush = 1_000;
const labelCharacters = 2_000;
const clients = 4;
/** Far more than fit; what the limits on pushes allow. */
const mostPushes = 60;
/** As much as both hubs would hold of jobs that nobody knows, were there memory for it. */
const limits = PushLimits.parse({ guestSeries: 250_000 });
let dir: string;
let pair: BarePair;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "tandem-memory-"));
  pair = await BarePair.make(join(dir, "data"), { hubConfig: { limits } });
  const { spec } = pair.machines.pc2.parts.hub;
  const small = { ...spec, args: [`--max-old-space-size=${heapMib}`, ...spec.args] };
  pair.machines.pc2.parts.hub = new Killable(small);
  await pair.start();
}, 180_000);
afterAll(async () => {
  await pair?.stop();
  rmSync(dir, { recursive: true, force: true });
});

it("a hub that runs out of memory ends, comes back once it is given more, and has every acknowledged push", async ({
  task,
}) => {
  const { pc2 } = pair.machines;
  const small = pc2.parts.hub;
  const { logPath } = small.spec;
  const pushes = new Acknowledged(pair);
  expect((await pushes.push(pc2, 10)).every((answer) => answer.startsWith("200"))).toBe(true);
  // Equal texts are kept once, so each push has names of its own.
  const filler = (value: number) =>
    Array.from(
      { length: seriesPerPush },
      (_, i) => `filler{number="${`${value}-${i}-`.padEnd(labelCharacters, "x")}"} ${i}\n`,
    ).join("");
  let next = 0;
  const client = async () => {
    while (small.pid !== undefined && next < mostPushes) {
      const value = ++next;
      const job = `large_${value}`;
      const body = `reliability_value ${value}\n${filler(value)}`;
      const answer = await fetch(`${pc2.hubUrl}/metrics/job/${job}`, { method: "PUT", body }).catch(() => undefined);
      await answer?.text().catch(() => "");
      if (answer?.status === 200) pushes.note(job, value);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  expect(small.pid, `${next} pushes did not fill ${heapMib} MiB`).toBeUndefined();
  expect(readFileSync(logPath, "utf8")).toMatch(/heap out of memory|heap limit/i);

  const diedAtMs = performance.now();
  const { args } = small.spec;
  pc2.parts.hub = new Killable({ ...small.spec, args: args.slice(1) });
  await pc2.parts.hub.ready();
  const readyAfterMs = Math.round(performance.now() - diedAtMs);
  await pair.inSync();
  const found = await pushes.held();
  expect(found).toMatchObject({ lost: 0, missing: 0 });
  fault(task, "out-of-memory", { heapMib, readyAfterMs, ...found });
}, 240_000);
