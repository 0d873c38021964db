/** Checks what agents say of a takeover: that it is said where it must be, fits together, and that the peer carries it. Pure. */
import { errorAt, type Finding, type Places } from "./finding.ts";
import { resolveName } from "./graph.ts";
import { isSatellite, peerOf } from "./machines.ts";
import type { Fleet, Inventory, PlacedAgent } from "./model.ts";

/** What anybody must know who moves an agent, and what the other machine must know who carries it. */
const ofAStandby = ["singleWriter", "priority", "memoryMb", "vramMb"] as const;

export function checkStandbys(whole: Fleet, places: Places): Finding[] {
  const satellites = new Set(whole.inventories.filter(isSatellite).map(({ machine }) => machine));
  // What else is said of a standby would speak of a machine that is not there.
  const fleet = { ...whole, agents: whole.agents.filter(({ machine }) => !satellites.has(machine)) };
  return [
    ...whole.agents.filter(({ machine }) => satellites.has(machine)).flatMap((agent) => checkStays(agent, places)),
    ...fleet.inventories.flatMap((inventory) =>
      whole.agents
        .filter(({ machine }) => machine === inventory.machine)
        .flatMap((agent) => checkStated(agent, inventory, places)),
    ),
    ...fleet.agents.flatMap((agent) => (agent.isHub ? checkHub(agent, places) : checkTogether(agent, places))),
    ...checkNames(fleet, places),
    ...checkFollowers(fleet, places),
    ...checkCapacity(fleet, places),
  ];
}

/** Either machine of the pair could be meant, and nothing says which. */
function checkStays(agent: PlacedAgent, places: Places): Finding[] {
  const { id, mode } = agent;
  const next = "Take it out: agents of a satellite stay there, and mode: notify has people told";
  const refuse = (key: "mode" | "standby" | "route", message: string) =>
    errorAt(places.agent(agent, key), "failover.satellite", message, next);
  const findings = (["standby", "route"] as const)
    .filter((key) => agent[key] !== undefined)
    .map((key) => refuse(key, `${id} lives on a satellite and has a ${key}, but a satellite has no other machine`));
  if (mode !== "warm" && mode !== "cold") return findings;
  return [...findings, refuse("mode", `${id} is ${mode} but lives on a satellite, from where nothing is moved`)];
}

function checkStated(agent: PlacedAgent, { failover }: Inventory, places: Places): Finding[] {
  if (agent.isHub || (failover === "optional" && agent.standby === undefined)) return [];
  const asked = failover === "required" ? (["mode", ...ofAStandby] as const) : ofAStandby;
  const missing = asked.filter((key) => agent[key] === undefined);
  if (missing.length === 0) return [];
  const message = `${agent.id} does not state ${missing.join(", ")}`;
  const next =
    failover === "required"
      ? "Every agent of this machine states how it fails over"
      : "Every agent with a standby states what it takes over there, and whether two may be active";
  return [errorAt(places.agent(agent), "failover.unstated", message, next)];
}

/** A hub has its peer for a standby, and is never moved. */
function checkHub(agent: PlacedAgent, places: Places): Finding[] {
  return (["standby", "route"] as const)
    .filter((key) => agent[key] !== undefined)
    .map((key) => {
      const message = `${agent.id} is the hub and has a ${key}, but the other machine has a hub of its own`;
      return errorAt(places.agent(agent, key), "failover.hub", message, `Take ${key} out`);
    });
}

function checkTogether(agent: PlacedAgent, places: Places): Finding[] {
  const { id, mode, standby, route } = agent;
  const moves = mode === "warm" || mode === "cold";
  const findings: Finding[] = [];
  if (moves && standby === undefined) {
    const next = "Give it a standby with ports on the other machine, or mode: notify";
    findings.push(
      errorAt(places.agent(agent, "mode"), "failover.standby", `${id} is ${mode} but has no standby`, next),
    );
  }
  if (!moves && standby !== undefined) {
    const message = `${id} has a standby but its mode is ${mode ?? "not stated"}`;
    const next = "State mode: warm or cold, or take the standby out";
    findings.push(errorAt(places.agent(agent, "standby"), "failover.mode", message, next));
  }
  if (route !== undefined && standby === undefined) {
    const message = `${id} has a route but no standby that it could lead to`;
    const next = "Give it a standby, or take the route out";
    findings.push(errorAt(places.agent(agent, "route"), "failover.route", message, next));
  }
  return findings;
}

/** A machine has each service once: its supervisor and its router know them by name. */
function checkNames(fleet: Fleet, places: Places): Finding[] {
  const { agents } = fleet;
  return agents
    .filter(({ standby, isHub }) => standby !== undefined && !isHub)
    .flatMap((agent) => {
      const there = peerOf(agent.machine, fleet);
      const twin = agents.find(({ name, machine }) => name === agent.name && machine === there);
      if (twin === undefined) return [];
      const { file, line } = places.agent(twin, "name");
      const message = `${agent.id} has a standby where ${twin.id} (${file}:${line}) lives, and both would be one service there`;
      const next = "Rename one of them, or take the standby out";
      return [errorAt(places.agent(agent, "standby"), "failover.name", message, next)];
    });
}

/** An agent that moves finds over there what it needs: an agent that lives there, one of the same name, or a standby. */
function checkFollowers(fleet: Fleet, places: Places): Finding[] {
  const { agents } = fleet;
  const byId = new Map(agents.map((agent) => [agent.id, agent]));
  const ids = new Set(byId.keys());
  return agents
    .filter(({ standby }) => standby !== undefined)
    .flatMap((agent) =>
      agent.needs.flatMap((name, index): Finding[] => {
        const need = byId.get(resolveName(name, agent.machine, ids) ?? "");
        const stays = need !== undefined && need.machine === agent.machine && need.standby === undefined;
        if (!stays) return [];
        const there = peerOf(need.machine, fleet);
        if (agents.some((twin) => twin.name === need.name && twin.machine === there)) return [];
        const message = `${agent.id} has a standby, but ${need.id}, which it needs, does not`;
        const next = `Give ${need.name} a standby too, move it from needs to wants, or make ${agent.name} mode: notify`;
        return [errorAt(places.agent(agent, "needs", index), "failover.needs", message, next)];
      }),
    );
}

/** What moves onto a machine must fit beside its own agents, also when all of it moves at once. */
function checkCapacity(fleet: Fleet, places: Places): Finding[] {
  return fleet.inventories.flatMap(({ machine, capacity }) => {
    const peer = peerOf(machine, fleet);
    const guests = fleet.agents.filter((agent) => agent.machine === peer && agent.standby !== undefined);
    return (["memoryMb", "vramMb"] as const).flatMap((key): Finding[] => {
      const sum = guests.reduce((total, agent) => total + (agent[key] ?? 0), 0);
      if (sum <= capacity[key]) return [];
      const largest = [...guests].sort((a, b) => (b[key] ?? 0) - (a[key] ?? 0)).slice(0, 3);
      const names = largest.map((agent) => `${agent.name} ${agent[key]}`).join(", ");
      const message = `${machine} can carry ${capacity[key]} MiB of ${key === "vramMb" ? "VRAM" : "memory"}, the standbys there take ${sum} (most: ${names})`;
      const next = "Make some of them mode: notify, or raise capacity if the machine has it";
      return [errorAt(places.machine(machine, "capacity", key), "failover.capacity", message, next)];
    });
  });
}
