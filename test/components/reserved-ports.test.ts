import { describe, expect, it } from "vitest";
import { sitePorts } from "../../components/reserved-ports.ts";
import { parseStackConfig } from "../../components/stack-config.ts";
import { fleetDir, requireFleet } from "../../fleet/load.ts";
import { reservedPorts } from "../../fleet/reserved-ports.ts";
import { stackValues } from "./recorder.ts";

const siteOf = (stack: string, more: Record<string, unknown> = {}) =>
  parseStackConfig({ ...stackValues(stack), ...more }, stack);

describe("the ports of a site", () => {
  it.each(["mainpc", "pc2"])(
    "are for the stack %s as it stands the defaults of the pair, each with its key",
    (stack) => {
      const ports = sitePorts(siteOf(stack));
      const plain = ports.map(({ machine, what, port }) => `${machine} ${what} ${port}`);
      expect(plain.sort()).toEqual(reservedPorts.map(({ machine, what, port }) => `${machine} ${what} ${port}`).sort());
      expect(ports.every(({ key }) => key !== undefined)).toBe(true);
      expect(() => requireFleet(fleetDir, ports)).not.toThrow();
    },
  );

  it("are those that the stack moves, of the peer and of the link too", () => {
    const moved = siteOf("pc2", {
      machine: { ...Object(stackValues("pc2").machine), natsPort: 7113 },
      peer: { ...Object(stackValues("pc2").peer), pushgatewayPort: 7200 },
      leaf: { listener: "pc2", port: 12_020 },
    });
    expect(() => requireFleet(fleetDir, sitePorts(moved))).toThrow(
      /mainpc\.yaml:\d+: port 7200 on mainpc: ServiceRegistry is also the Pushgateway \(the stack's peer\.pushgatewayPort\)\n.*mainpc\.yaml:\d+: port 12020 on pc2: SystemDigitalTwin's standby is also NATS's leaf link \(the stack's leaf\.port\)\n.*pc2\.yaml:\d+: port 7113 on pc2: ResourceManager is also NATS \(the stack's machine\.natsPort\)/,
    );
  });
});
