/** What operators are working on: a reader should know why nothing is said of it. */
import type { Finding, Sight } from "./finding.ts";

export function maintenanceFindings({ fleet, until }: Sight): Finding[] {
  return fleet.maintenance.map(({ target, until: end, reason, by }) => ({
    level: "watch",
    title: `${nameOf(target)} is under maintenance ${until(end)} by ${by}${reason === "" ? "" : `: ${reason}`}`,
    details: ["It is judged and recorded as ever, but neither alerted about nor moved."],
  }));
}

function nameOf(target: string): string {
  const [machine, agent] = target.split("/", 2);
  return agent === undefined ? target : `${agent} on ${machine}`;
}
