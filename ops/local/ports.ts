/** Gives every server and agent of both machines a port on one computer: the plan's own, or the next free one where two clash. */
import type { Fleet } from "../../fleet/model.ts";
import { OperatorError } from "../error.ts";

export interface PortClaim {
  machine: string;
  /** Whose port it is, for people: `Pushgateway`, `TTSService health`. */
  what: string;
  port: number;
}

export interface PlannedPort extends PortClaim {
  /** The port on this computer, offset included. */
  localPort: number;
}

export interface PortPlan {
  ports: PlannedPort[];
  /** Those that another machine's claim pushed away. */
  moved: PlannedPort[];
  /** The port that a machine's port has become. */
  of(machine: string, port: number): number;
}

/** Advised where ports are taken: with it all of the shipped fleet stay below those of which Linux takes any for outgoing connections. */
export const otherOffset = 5_300;

const moveBy = 10_000;
const highest = 65_535;

/** Earlier claims keep their port; a later one of the other machine moves by 10,000, then on to the next free one. */
export function planPorts(claims: readonly PortClaim[], offset: number): PortPlan {
  const taken = new Set<number>();
  const byClaim = new Map<string, number>();
  const ports = claims.map((claim): PlannedPort => {
    const key = keyOf(claim.machine, claim.port);
    const known = byClaim.get(key);
    if (known !== undefined) return { ...claim, localPort: known + offset };
    let port = claim.port;
    if (taken.has(port)) port += port + moveBy + offset <= highest ? moveBy : 1;
    while (taken.has(port)) port++;
    if (port + offset > highest) {
      throw new OperatorError(
        "ports.too_high",
        `${claim.machine} ${claim.what}: port ${port} + ${offset} is above ${highest}`,
        "Choose a smaller --port-offset",
      );
    }
    taken.add(port);
    byClaim.set(key, port);
    return { ...claim, localPort: port + offset };
  });
  return {
    ports,
    moved: ports.filter(({ port, localPort }) => localPort !== port + offset),
    of: (machine, port) => {
      const local = byClaim.get(keyOf(machine, port));
      if (local === undefined) throw new Error(`no port was planned for ${machine}:${port}`);
      return local + offset;
    },
  };
}

/** What the agents of a fleet listen on, standbys and routes included; the hubs' entries are claimed as the hubs themselves. */
export function agentClaims(fleet: Fleet, otherMachine: (machine: string) => string): PortClaim[] {
  const home = fleet.agents.filter((agent) => !agent.isHub);
  return [
    ...home.flatMap((agent) => claimsOf(agent.machine, agent.name, agent)),
    ...home.flatMap(({ machine, name, standby }) =>
      standby === undefined ? [] : claimsOf(otherMachine(machine), `${name} standby`, standby),
    ),
    // Each machine's router carries clients to the active instance.
    ...home.flatMap(({ machine, name, route }) =>
      route === undefined
        ? []
        : [machine, otherMachine(machine)].map((at) => ({ machine: at, what: `${name} route`, port: route })),
    ),
  ];
}

function claimsOf(
  machine: string,
  name: string,
  at: { port: number; healthPort: number; httpPort: number },
): PortClaim[] {
  return [
    { machine, what: name, port: at.port },
    { machine, what: `${name} health`, port: at.healthPort },
    { machine, what: `${name} HTTP`, port: at.httpPort },
  ];
}

const keyOf = (machine: string, port: number) => `${machine}:${port}`;
