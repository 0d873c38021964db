import { expect, it, onTestFinished } from "vitest";
import { FleetHealth } from "../../hub/core/fleet-health.ts";
import type { FromSeat, ToSeat } from "../../hub/judge/seat/messages.ts";
import { Services } from "../../hub/services.ts";
import { smallConfig } from "./small-config.ts";

const standby = "pc2/TutorAgent";

it("a peer's word answers what the failover asks of its instance, though it is no news", () => {
  const health = new FleetHealth("mainpc", ["mainpc/TutorAgent", standby], 0);
  const told: ToSeat[] = [];
  const asked: string[] = [];
  let say: (news: FromSeat) => void = () => {};
  const services = new Services({
    config: smallConfig(),
    door: { tell: (message) => told.push(message), onNews: (take) => (say = take) },
    health,
    probeAgent: (id) => asked.push(id),
    onStandby: () => {},
    onNews: () => {},
    clock: () => 0,
  });
  onTestFinished(() => services.stop());

  const report = {
    id: standby,
    health: "healthy",
    reason: "",
    sinceWallMs: 0,
    observedAgoMs: 0,
    latencyMs: 1,
  } as const;
  const peerSays = () => {
    const turn = health.reported(report, "pc2", 0, 0);
    if (turn !== undefined) services.turned(turn);
    services.observed(standby);
  };
  const word = { type: "health", instance: standby, health: "healthy" };
  peerSays();
  peerSays();
  expect(told).toEqual([word]);

  say({ type: "probe", instance: standby });
  expect(asked).toEqual([standby]);
  peerSays();
  peerSays();
  expect(told).toEqual([word, word]);
});
