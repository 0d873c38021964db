import { describe, expect, it } from "vitest";
import { readStack, readStackConfig } from "../../components/read-stack.ts";
import { SatelliteSite } from "../../components/satellite-site.ts";
import { parseStack, parseStackConfig } from "../../components/stack-config.ts";
import { OperatorError } from "../../ops/error.ts";
import { recordResources, stackValues } from "./recorder.ts";
import { satelliteKeys, satelliteValues } from "./satellite-stack.ts";

function refusal(values: Record<string, unknown>): string {
  try {
    parseStack(values, "nas");
  } catch (error) {
    if (error instanceof OperatorError) return error.toText();
    throw error;
  }
  return "accepted";
}

describe("the stack of a satellite", () => {
  it("is its role, name, address, host key and both hubs; all else has the defaults of a pair's", () => {
    const site = parseStack(satelliteValues(), "nas");
    const { machine: _, role, ...common } = SatelliteSite.parse(satelliteKeys);
    expect(site).toMatchObject({ role, machine: { name: "nas", address: "192.0.2.30" }, ...common });
    expect(Object.keys(site)).not.toContain("peer");
    expect(Object.keys(site.machine)).toEqual(["name", "address"]);
    const pair = parseStackConfig(stackValues("pc2"), "pc2");
    expect(site.paths).toEqual(pair.paths);
  });

  it.each([
    ["machine.name", { machine: { name: "", address: "192.0.2.30" } }, "expected"],
    ["hubs[0].name", { hubs: [] }, "expected a machine of the pair, of which both stand here; it is missing"],
    ["hubs[2]", { hubs: [...satelliteKeys.hubs, { name: "box", address: "192.0.2.40" }] }, "since a pair has two hubs"],
    ["hubs[1].address", { hubs: [satelliteKeys.hubs[0], { name: "pc2" }] }, "expected an address like 192.0.2.10"],
    ["hubs[1].name", { hubs: [satelliteKeys.hubs[0], satelliteKeys.hubs[0]] }, "mainpc is already hubs[0].name"],
    ["hubs[0].prot", { hubs: [{ ...satelliteKeys.hubs[0], prot: 1 }, satelliteKeys.hubs[1]] }, "there is no such key"],
    ["ssh.hostKey", { ssh: {} }, "expected the machine's host key, since it is reached over SSH"],
    ["prometheus.enabled", { grafana: { enabled: true } }, "true, since grafana.enabled is"],
    [
      "grafana.port",
      { prometheus: { enabled: true, port: 3000 }, grafana: { enabled: true } },
      "already prometheus.port",
    ],
    ["sshh", { sshh: {} }, "there is no such key; did you mean ssh?"],
    ["role", { role: "witness" }, 'expected pair or satellite; got "witness"'],
  ])("is refused for %s, with what was expected", (key, more, expected) => {
    const text = refusal(satelliteValues(more));
    expect(text).toContain(`tandem:${key} in Pulumi.nas.yaml`);
    expect(text).toContain(expected);
  });

  it.each([
    ["machine.hubPort", { machine: { ...satelliteKeys.machine, hubPort: 9100 } }],
    ["peer.name", { peer: { name: "pc2", address: "192.0.2.20" } }],
    ["virtualIp.address", { virtualIp: { address: "192.0.2.100" } }],
    ["jetstream.maxStoreMb", { jetstream: { maxStoreMb: 20_480 } }],
    ["satellites", { satellites: [{ name: "box", address: "192.0.2.40" }] }],
    ["references", { references: ["192.0.2.1:53"] }],
    ["security.agentKey", { security: { agentKey: `U${"A".repeat(55)}` } }],
  ])("is told to take out %s, which only a machine with a hub has", (key, more) => {
    const text = refusal(satelliteValues(more));
    expect(text).toContain(
      `tandem:${key} in Pulumi.nas.yaml: expected nothing, since a satellite has no hub, NATS or Pushgateway`,
    );
    expect(text).toContain("→ Rename or remove it in Pulumi.nas.yaml");
  });

  it("is read as such, and refused where a machine of the pair is asked for", async () => {
    await recordResources("nas", satelliteValues());
    expect(readStack()).toEqual(parseStack(satelliteValues(), "nas"));
    expect(() => readStackConfig()).toThrow("Pulumi.nas.yaml is the stack of nas, a satellite");
    expect(parseStack(stackValues("pc2"), "pc2").role).toBe("pair");
  });
});

describe("the satellites that the stack of a pair's machine names", () => {
  const pair = (satellites: unknown[]) => refusal({ ...stackValues("mainpc"), satellites });

  it("are a list of names and addresses", () => {
    const satellites = [{ name: "nas", address: "192.0.2.30" }];
    expect(parseStackConfig({ ...stackValues("mainpc"), satellites }, "mainpc").satellites).toEqual(satellites);
  });

  it.each([
    ["a name of the pair", [{ name: "pc2", address: "192.0.2.30" }], "satellites[0].name", "pc2 is already peer.name"],
    [
      "an address of the pair",
      [{ name: "nas", address: "192.0.2.10" }],
      "satellites[0].address",
      "already machine.address",
    ],
    [
      "a name without an address",
      [{ name: "nas" }],
      "satellites[0].address",
      "an address like 192.0.2.10; it is missing",
    ],
    [
      "one name twice",
      [
        { name: "nas", address: "192.0.2.30" },
        { name: "nas", address: "192.0.2.31" },
      ],
      "satellites[1].name",
      "nas is already satellites[0].name",
    ],
  ])("are refused with %s", (_, satellites, key, why) => {
    expect(pair(satellites)).toContain(`tandem:${key} in Pulumi.nas.yaml`);
    expect(pair(satellites)).toContain(why);
  });

  it("have no list of hubs beside them, which is a satellite's", () => {
    expect(refusal({ ...stackValues("mainpc"), hubs: satelliteKeys.hubs })).toContain(
      "since this machine is one of the pair",
    );
  });
});
