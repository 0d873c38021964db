import { expect, it } from "vitest";
import { MachineAlerts } from "../../hub/machine-alerts.ts";

const alive = { verdict: "alive", reason: "" } as const;
const suspect = { verdict: "suspect", reason: "silent" } as const;
const dead = { verdict: "dead", reason: "hub, NATS and Pushgateway do not answer" } as const;

function desk() {
  const said: string[] = [];
  const worked = new Set<string>();
  const alerts = new MachineAlerts({
    put: ({ severity, message }) => said.push(`${severity} ${message}`),
    inMaintenance: (name) => worked.has(name),
  });
  return { said, worked, alerts };
}

it("a lost machine is an alert, and its end when it answers again, not when it is suspected", () => {
  const { said, alerts } = desk();
  alerts.judged("pc2", suspect, alive);
  alerts.judged("pc2", dead, suspect);
  alerts.judged("pc2", alive, dead);
  expect(said).toEqual(["urgent pc2: hub, NATS and Pushgateway do not answer", "resolved pc2 answers again"]);
});

it("a machine that is lost under maintenance is told of only when it is still lost at the end of it", () => {
  const { said, worked, alerts } = desk();
  worked.add("pc2");
  alerts.judged("pc2", dead, alive);
  alerts.judged("pc2", alive, dead);
  alerts.judged("pc2", dead, alive);
  alerts.reconsider();
  expect(said).toEqual([]);
  worked.delete("pc2");
  alerts.reconsider();
  alerts.judged("pc2", alive, dead);
  expect(said).toEqual(["urgent pc2: hub, NATS and Pushgateway do not answer", "resolved pc2 answers again"]);
});
