import { expect, it, onTestFinished } from "vitest";
import type { HealthChange } from "../../../hub/core/record.ts";
import { HealthRecorder } from "../../../hub/io/health-recorder.ts";
import type { AppendOutcome, Unstamped } from "../../../hub/io/journal.ts";
import { createLog } from "../../../hub/io/log.ts";
import { until } from "../../support/until.ts";

type Health = HealthChange["from"];

const stored: AppendOutcome = { kind: "stored", position: { incarnation: "i1", seq: 1 } };
const refused: AppendOutcome = { kind: "unavailable", reason: "NATS is away" };
const turn = (from: Health, to: Health): Unstamped<HealthChange> => ({
  kind: "health",
  machine: "mainpc",
  agent: "NLUAgent",
  from,
  to,
  reason: "",
});

it("stores the turns of one agent in their order, merged while the store is away", async () => {
  const asked: string[] = [];
  let outcome: AppendOutcome = refused;
  const recorder = new HealthRecorder(
    async ({ from, to }) => {
      asked.push(`${from} → ${to}: ${outcome.kind}`);
      return outcome;
    },
    createLog("test", () => {}),
  );
  onTestFinished(() => recorder.stop());
  recorder.record(turn("healthy", "unhealthy"));
  recorder.record(turn("unhealthy", "degraded"));
  await until("the refusal", () => asked.length === 1);
  outcome = stored;
  recorder.record(turn("degraded", "healthy"));
  await until("the retry", () => asked.length === 2);
  expect(asked).toEqual(["healthy → unhealthy: unavailable", "healthy → healthy: stored"]);
});

it("lets a turn wait for the one before it", async () => {
  const asked: string[] = [];
  const answers: ((outcome: AppendOutcome) => void)[] = [];
  const recorder = new HealthRecorder(
    ({ from, to }) => {
      asked.push(`${from} → ${to}`);
      return new Promise((resolve) => answers.push(resolve));
    },
    createLog("test", () => {}),
  );
  onTestFinished(() => recorder.stop());
  recorder.record(turn("healthy", "unhealthy"));
  recorder.record(turn("unhealthy", "healthy"));
  expect(asked).toEqual(["healthy → unhealthy"]);
  answers[0]?.(stored);
  await until("the second turn", () => asked.length === 2);
  expect(asked[1]).toBe("unhealthy → healthy");
});
