import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PortClaim, planPorts } from "../../../ops/local/ports.ts";

const claim = (machine: string, what: string, port: number): PortClaim => ({ machine, what, port });

describe("the ports of a local run", () => {
  it("moves the second Pushgateway from 9091 to 19091 and says so", () => {
    const plan = planPorts([claim("mainpc", "Pushgateway", 9091), claim("pc2", "Pushgateway", 9091)], 0);
    expect([plan.of("mainpc", 9091), plan.of("pc2", 9091)]).toEqual([9091, 19_091]);
    expect(plan.moved.map(({ machine, what, localPort }) => `${machine} ${what} ${localPort}`)).toEqual([
      "pc2 Pushgateway 19091",
    ]);
  });

  it("adds an offset of 20,000 to every port, the moved ones too", () => {
    const plan = planPorts([claim("mainpc", "Pushgateway", 9091), claim("pc2", "Pushgateway", 9091)], 20_000);
    expect([plan.of("mainpc", 9091), plan.of("pc2", 9091)]).toEqual([29_091, 39_091]);
  });

  it("refuses an offset that lifts a port above 65,535, naming the port", () => {
    expect(() => planPorts([claim("pc2", "hub", 40_000)], 30_000)).toThrow(/pc2 hub: port 40000 \+ 30000/);
  });

  it("gives two claims of one machine to one port the same port, since they are one socket", () => {
    const plan = planPorts([claim("pc2", "A", 7150), claim("pc2", "A health", 7150)], 0);
    expect(plan.ports.map(({ localPort }) => localPort)).toEqual([7150, 7150]);
  });

  it("never gives one port to two machines, and keeps the first one's, whatever they claim", () => {
    const claims = fc.array(fc.tuple(fc.constantFrom("mainpc", "pc2"), fc.integer({ min: 1_024, max: 1_060 })));
    fc.assert(
      fc.property(claims, fc.nat(20_000), (pairs, offset) => {
        const plan = planPorts(
          pairs.map(([machine, port]) => claim(machine, "x", port)),
          offset,
        );
        const owners = new Map<number, string>();
        for (const { machine, port, localPort } of plan.ports) {
          const owner = owners.get(localPort) ?? `${machine}:${port}`;
          expect(owner).toBe(`${machine}:${port}`);
          owners.set(localPort, owner);
        }
        const first = plan.ports[0];
        if (first !== undefined) expect(first.localPort).toBe(first.port + offset);
      }),
    );
  });
});
