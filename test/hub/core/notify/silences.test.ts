import { expect, it } from "vitest";
import { Silences } from "../../../../hub/core/notify/silences.ts";

it("a silence by name covers every subject, one by name and subject that one alone, until its end", () => {
  const silences = new Silences();
  const word = { saidMs: 0, untilMs: 1_000, reason: "known", by: "ann" };
  silences.begin({ ...word, target: "nats-lost" });
  silences.begin({ ...word, target: "agent-unhealthy pc2/A" });
  const quiet = (name: string, subject: string, nowMs = 0) => silences.isQuiet(name, subject, nowMs);
  expect([quiet("nats-lost", "pc2"), quiet("agent-unhealthy", "pc2/A"), quiet("agent-unhealthy", "pc2/B")]).toEqual([
    true,
    true,
    false,
  ]);
  expect(quiet("nats-lost", "pc2", 1_000)).toBe(false);
});

it("says of 10,000 alerts within half a second whether 1,000 silences are about them, since it is asked of each twice a second", () => {
  const silences = new Silences();
  const targetOf = (i: number) => `agent-unhealthy pc2/agent-${(i * 617) % 1_000}`;
  for (let i = 0; i < 1_000; i++)
    silences.begin({ target: targetOf(i), saidMs: i, untilMs: 1_000_000, reason: "known", by: "ann" });
  const startedMs = performance.now();
  for (let i = 0; i < 10_000; i++) silences.isQuiet("nats-lost", `machine-${i}`, 2_000);
  expect(performance.now() - startedMs).toBeLessThan(500);
});
