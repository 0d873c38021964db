/** What one hub of a pair sees otherwise than the other. Pure. */
import type { FleetView, ServiceJson } from "../../hub/http/api.ts";

export interface Seen {
  fleet: FleetView;
  services: ServiceJson[] | undefined;
}

const parts = ["hub", "nats", "pushgateway"] as const;
const mostNamed = 3;

export function differences(first: Seen, other: Seen): string[] {
  const who = `the hub of ${other.fleet.machine}`;
  return [...verdicts(first, other, who), ...owners(first, other, who), ...health(first, other, who)];
}

function verdicts(first: Seen, other: Seen, who: string): string[] {
  return Object.entries(first.fleet.machines).flatMap(([name, here]) => {
    const there = other.fleet.machines[name];
    if (there === undefined) return [`${who} knows no machine ${name}`];
    const whole = here.verdict === there.verdict ? [] : [`${who} says that ${name} is ${there.verdict}`];
    const each = parts
      .filter((part) => here[part].verdict !== there[part].verdict)
      .map((part) => `${who} says that the ${part} of ${name} is ${there[part].verdict}`);
    return [...whole, ...each];
  });
}

function owners(first: Seen, other: Seen, who: string): string[] {
  const there = new Map((other.services ?? []).map((service) => [service.name, service]));
  return (first.services ?? []).flatMap(({ name, owner, epoch }) => {
    const its = there.get(name);
    if (its === undefined || (its.owner === owner && its.epoch === epoch)) return [];
    return [`${who} says that ${name} is on ${its.owner} by epoch ${its.epoch}, not on ${owner} by ${epoch}`];
  });
}

function health(first: Seen, other: Seen, who: string): string[] {
  const there = new Map(other.fleet.agents.map(({ machine, name, health: its }) => [`${machine}/${name}`, its]));
  const differ = first.fleet.agents.flatMap((agent) => {
    const id = `${agent.machine}/${agent.name}`;
    const its = there.get(id);
    return its === undefined || its === agent.health ? [] : [`${id} ${its}`];
  });
  if (differ.length === 0) return [];
  const more = differ.length > mostNamed ? ` and ${differ.length - mostNamed} more` : "";
  return [`${who} sees otherwise: ${differ.slice(0, mostNamed).join(", ")}${more}`];
}
