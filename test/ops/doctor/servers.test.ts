import { afterAll, describe, expect, it } from "vitest";
import { parseStack } from "../../../components/stack-config.ts";
import { loadFleet } from "../../../fleet/load.ts";
import type { Fleet } from "../../../fleet/model.ts";
import { serversOf } from "../../../ops/doctor/servers.ts";
import { stackValues } from "../../components/recorder.ts";
import { satelliteValues } from "../../components/satellite-stack.ts";
import { mainpc, pc2, scratchFleet } from "../../fleet/fixture.ts";

const scratch = scratchFleet();
afterAll(() => scratch.remove());
/** A small fleet, changed. */
function fleet(change: (text: string) => string = (text) => text): Fleet {
  scratch.write({ mainpc: change(mainpc), pc2, batches: "batches: []\n" });
  return loadFleet(scratch.dir).fleet;
}
const routeless = (text: string) => text.replace("    route: 7500\n", "");

describe("the servers that the doctor looks for", () => {
  const pair = (more: Record<string, unknown> = {}, of = fleet(routeless)) =>
    serversOf(parseStack({ ...stackValues("mainpc"), ...more }, "mainpc"), of);

  it("of a machine of the pair are NATS, Pushgateway and hub", () => {
    expect(pair()).toEqual(["nats", "pushgateway", "hub"]);
  });

  it("are a router too where a service has a route, and a supervisor where a cold standby stands", () => {
    expect(pair({}, fleet())).toEqual(["nats", "pushgateway", "hub", "router"]);
    const cold = fleet((text) => routeless(text).replace("mode: warm", "mode: cold\n    container: { image: store }"));
    expect(pair({}, cold)).toEqual(["nats", "pushgateway", "hub"]);
    expect(serversOf(parseStack(stackValues("pc2"), "pc2"), cold)).toEqual([
      "nats",
      "pushgateway",
      "hub",
      "supervisor",
    ]);
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
    const satellite = (more: Record<string, unknown> = {}) =>
      serversOf(parseStack(satelliteValues(more), "nas"), fleet());
    expect(satellite()).toEqual([]);
    expect(satellite({ prometheus: { enabled: true } })).toEqual(["prometheus"]);
  });
});
