/** The rule that no two of a machine's containers listen on one port: all use the host's network, so Docker does not look. */
import { z } from "zod";
import { containersOf, type Rule, type Violation } from "./declared.ts";

/** What a Machine and a Satellite say of their containers, ports with a blank between them. */
const WithPorts = z.object({ ports: z.record(z.string(), z.string()).default({}) });

export const portsDoNotCollide: Rule = {
  name: "ports-do-not-collide",
  description: "No two containers of a machine listen on one port, and none publishes one past the machine's list",
  scope: "resource",
  check: (declared) => [
    ...declared
      .filter(({ type }) => type.startsWith("tandem:machine:"))
      .flatMap(({ name, props }) => collisions(name, WithPorts.parse(props).ports)),
    ...containersOf(declared).flatMap(({ name, props }) =>
      props.ports.map(({ external }) => ({
        resource: name,
        what: `the container publishes the port ${external ?? "that Docker chooses"}, which is not in its machine's list`,
        next: "Leave out ports: containers of a machine use the host's network, and machinePorts lists what they listen on",
      })),
    ),
  ],
};

function collisions(resource: string, ports: Record<string, string>): Violation[] {
  const takers = new Map<string, string[]>();
  for (const [container, own] of Object.entries(ports)) {
    for (const port of new Set(own.split(" "))) takers.set(port, [...(takers.get(port) ?? []), container]);
  }
  return [...takers].flatMap(([port, containers]) =>
    containers.length < 2
      ? []
      : [
          {
            resource,
            what: `${containers.join(" and ")} would listen on port ${port}`,
            next: "Give one of them another: the key of the stack (docs/pulumi.md), or the agent's entry in fleet/",
          },
        ],
  );
}
