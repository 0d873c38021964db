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
