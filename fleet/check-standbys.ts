/** Checks what agents say of a takeover: that it is said where it must be, fits together, and that the other machine carries it. Pure. */
import { errorAt, type Finding, type Places } from "./finding.ts";
import { resolveName } from "./graph.ts";
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
    ...checkFollowers(fleet, places),
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

/** An agent that moves finds over there what it needs: an agent that lives there, one of the same name, or a standby. */
function checkFollowers({ agents }: Fleet, places: Places): Finding[] {
  const byId = new Map(agents.map((agent) => [agent.id, agent]));
  const ids = new Set(byId.keys());
  return agents
    .filter(({ standby }) => standby !== undefined)
    .flatMap((agent) =>
      agent.needs.flatMap((name, index): Finding[] => {
        const need = byId.get(resolveName(name, agent.machine, ids) ?? "");
        const stays = need !== undefined && need.machine === agent.machine && need.standby === undefined;
        if (!stays || agents.some((twin) => twin.name === need.name && twin.machine !== need.machine)) return [];
        const message = `${agent.id} has a standby, but ${need.id}, which it needs, does not`;
        const next = `Give ${need.name} a standby too, move it from needs to wants, or make ${agent.name} mode: notify`;
        return [errorAt(places.agent(agent.id, "needs", index), "failover.needs", message, next)];
      }),
    );
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
