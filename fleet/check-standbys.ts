/** Checks what agents say of a takeover: that it is said where it must be, fits together, and that the other machine carries it. Pure. */
import { errorAt, type Finding, type Places } from "./finding.ts";
import type { Fleet, PlacedAgent } from "./model.ts";

const stated = ["mode", "singleWriter", "priority", "memoryMb", "vramMb"] as const;

export function checkStandbys(fleet: Fleet, places: Places): Finding[] {
  return [
    ...fleet.inventories.flatMap((inventory) =>
      inventory.failover === "required"
        ? fleet.agents
            .filter((agent) => agent.machine === inventory.machine)
            .flatMap((agent) => checkStated(agent, places))
        : [],
    ),
    ...fleet.agents.flatMap((agent) => checkTogether(agent, places)),
    ...checkCapacity(fleet, places),
  ];
}

function checkStated(agent: PlacedAgent, places: Places): Finding[] {
  if (agent.isHub) return [];
  const missing = stated.filter((key) => agent[key] === undefined);
  if (missing.length === 0) return [];
  const message = `${agent.id} does not state ${missing.join(", ")}`;
  return [
    errorAt(
      places.agent(agent.id),
      "failover.unstated",
      message,
      "Every agent of this machine states how it fails over",
    ),
  ];
}

function checkTogether(agent: PlacedAgent, places: Places): Finding[] {
  const { id, mode, standby } = agent;
  const moves = mode === "warm" || mode === "cold";
  if (moves && standby === undefined) {
    const next = "Give it a standby with ports on the other machine, or mode: notify";
    return [errorAt(places.agent(id, "mode"), "failover.standby", `${id} is ${mode} but has no standby`, next)];
  }
  if (!moves && standby !== undefined) {
    const message = `${id} has a standby but its mode is ${mode ?? "not stated"}`;
    return [
      errorAt(
        places.agent(id, "standby"),
        "failover.mode",
        message,
        "State mode: warm or cold, or take the standby out",
      ),
    ];
  }
  return [];
}

/** What moves onto a machine must fit beside its own agents, also when all of it moves at once. */
function checkCapacity(fleet: Fleet, places: Places): Finding[] {
  return fleet.inventories.flatMap(({ machine, capacity }) => {
    const guests = fleet.agents.filter((agent) => agent.machine !== machine && agent.standby !== undefined);
    return (["memoryMb", "vramMb"] as const).flatMap((key): Finding[] => {
      const sum = guests.reduce((total, agent) => total + (agent[key] ?? 0), 0);
      if (sum <= capacity[key]) return [];
      const largest = [...guests].sort((a, b) => (b[key] ?? 0) - (a[key] ?? 0)).slice(0, 3);
      const names = largest.map((agent) => `${agent.name} ${agent[key]}`).join(", ");
      const message = `${machine} can carry ${capacity[key]} MiB of ${key === "vramMb" ? "VRAM" : "memory"}, the standbys there take ${sum} (most: ${names})`;
      return [
        errorAt(
          places.machine(machine),
          "failover.capacity",
          message,
          "Make some of them mode: notify, or raise capacity if the machine has it",
        ),
      ];
    });
  });
}
