/** Checks what agents say of their containers: that it is complete, and that no two on one machine are one user. Pure. */
import { uidOf } from "./container.ts";
import { errorAt, type Finding, type Places } from "./finding.ts";
import { peerOf } from "./machines.ts";
import type { Fleet, PlacedAgent } from "./model.ts";

export function checkContainers(fleet: Fleet, places: Places): Finding[] {
  return [
    ...fleet.agents.flatMap((agent) => checkStated(agent, places)),
    ...fleet.inventories.flatMap(({ machine }) => checkUsers(machine, fleet, places)),
  ];
}

function checkStated(agent: PlacedAgent, places: Places): Finding[] {
  const { id, container, memoryMb, vramMb = 0 } = agent;
  if (container === undefined) return [];
  const refuse = (key: string, code: string, message: string, next: string) =>
    errorAt(places.agent(agent, "container", key), code, message, next);
  if (agent.isHub) {
    return [
      refuse("image", "container.hub", `${id} is the hub, whose container Tandem makes itself`, "Take container out"),
    ];
  }
  const findings: Finding[] = [];
  if (memoryMb === undefined) {
    const next = "State memoryMb; the container is held to it";
    findings.push(refuse("image", "container.memory", `${id} has a container but no memoryMb`, next));
  }
  if (vramMb > 0 && !container.gpu) {
    const message = `${id} takes ${vramMb} MiB of VRAM, but its container gets no GPU`;
    findings.push(refuse("gpu", "container.gpu", message, "State gpu: true, or vramMb: 0"));
  }
  const twice = container.secrets.find((name, index) => container.secrets.indexOf(name) < index);
  if (twice !== undefined) {
    const message = `${id} names the secret ${twice} twice`;
    findings.push(refuse("secrets", "container.secret", message, "Take one of them out"));
  }
  return findings;
}

/** One user with two containers would share their limit of processes, and read each other's secrets. */
function checkUsers(machine: string, fleet: Fleet, places: Places): Finding[] {
  const first = new Map<number, PlacedAgent>();
  return fleet.agents
    .filter(
      (agent) => agent.machine === machine || (agent.standby !== undefined && peerOf(agent.machine, fleet) === machine),
    )
    .flatMap((agent): Finding[] => {
      if (agent.container === undefined) return [];
      const uid = uidOf(agent.name, agent.container);
      const other = first.get(uid);
      if (other === undefined) {
        first.set(uid, agent);
        return [];
      }
      const message = `user ${uid} on ${machine}: ${agent.id}'s container is also ${other.id}'s`;
      const next = "State container.uid for one of them, a free one from 20000 to 59999";
      return [errorAt(places.agent(agent, "container", "uid"), "container.uid", message, next)];
    });
}
