import { describe, expect, it } from "vitest";
import { parseStack } from "../../../components/stack-config.ts";
import { serversOf } from "../../../ops/doctor/servers.ts";
import { stackValues } from "../../components/recorder.ts";
import { satelliteValues } from "../../components/satellite-stack.ts";

describe("the servers that the doctor looks for", () => {
  const pair = (more: Record<string, unknown> = {}) =>
    serversOf(parseStack({ ...stackValues("mainpc"), ...more }, "mainpc"));

  it("of a machine of the pair are NATS, Pushgateway and hub", () => {
    expect(pair()).toEqual(["nats", "pushgateway", "hub"]);
  });

  it("are more where the stack asks for Prometheus, or for one address for both hubs", () => {
    expect(pair({ prometheus: { enabled: true } })).toEqual(["nats", "pushgateway", "hub", "prometheus"]);
    const { machine, peer, images } = stackValues("mainpc");
    const shared = {
      machine: { ...Object(machine), hubPort: 9000 },
      peer: { ...Object(peer), hubPort: 9000 },
      images: { ...Object(images), keepalived: "keepalived:2" },
      virtualIp: { address: "192.0.2.100", interface: "eth0" },
    };
    expect(pair(shared)).toEqual(["nats", "pushgateway", "hub", "virtual-ip"]);
  });

  it("of a satellite are those that it asks for", () => {
    const satellite = (more: Record<string, unknown> = {}) => serversOf(parseStack(satelliteValues(more), "nas"));
    expect(satellite()).toEqual([]);
    expect(satellite({ prometheus: { enabled: true } })).toEqual(["prometheus"]);
  });
});
