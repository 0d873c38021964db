import { beforeAll, describe, expect, it } from "vitest";
import { Machine } from "../../components/machine.ts";
import type { Site } from "../../components/site.ts";
import { parseStackConfig } from "../../components/stack-config.ts";
import type { PlacedAgent } from "../../fleet/model.ts";
import { HubConfig } from "../../hub/config.ts";
import { RouterConfig } from "../../hub/router/config.ts";
import { named, type Recorded, recordResources, settled, stackValues } from "./recorder.ts";
import { sampleAgent, standby } from "./sample-agent.ts";
import { sampleBundles } from "./sample-bundles.ts";

const bundles = sampleBundles();
let site: Site;
beforeAll(() => {
  site = parseStackConfig(stackValues("pc2"), "pc2");
});

const routed = (machine = "mainpc") => sampleAgent("Twin", machine, { mode: "warm", standby, route: 13_000 });

describe("the router of a Machine", () => {
  it("is there on either machine when a service has a route, and else not", async () => {
    const without = await made([sampleAgent("Warm", "mainpc", { mode: "warm", standby })]);
    expect(without.filter(({ type }) => type === "tandem:machine:Router")).toEqual([]);
    expect(hubConfigOf(without).router).toBeUndefined();
    for (const home of ["mainpc", "pc2"]) {
      const recorded = await made([routed(home)]);
      expect(recorded.filter(({ type }) => type === "tandem:machine:Router")).toHaveLength(1);
    }
  });

  it("runs an image of its own as the hub's user, so that a new hub leaves it alone", async () => {
    const recorded = await made([routed()]);
    expect(named(recorded, "tandem-pc2-router").inputs).toMatchObject({
      image: named(recorded, "box-router-image").inputs.imageName,
      entrypoints: ["node", "/app/router.mjs"],
      user: named(recorded, "tandem-pc2-hub").inputs.user,
      networkMode: "host",
      capabilities: { drops: ["ALL"] },
      readOnly: true,
      restart: "unless-stopped",
    });
  });

  it("has its socket where the hub's container finds it, and the route of each service in its file", async () => {
    const recorded = await made([routed(), sampleAgent("Plain", "pc2")]);
    const source = "/var/lib/tandem/sockets/router";
    const target = "/run/tandem/router";
    expect(named(recorded, "box-router-sockets-make").inputs.create).toContain(
      `install -d -m 0700 -o 10900 -g 10900 '${source}'`,
    );
    const mounts = (name: string) => named(recorded, name).inputs.mounts;
    expect(mounts("tandem-pc2-router")).toContainEqual({ type: "bind", source, target });
    expect(mounts("tandem-pc2-hub")).toContainEqual({ type: "bind", source, target, readOnly: true });
    expect(mounts("tandem-pc2-router")).toContainEqual({
      type: "bind",
      source: "/var/lib/tandem/router",
      target: "/data",
    });
    const conf = RouterConfig.parse(JSON.parse(fileIn(recorded, "box-router-config-write")));
    expect(conf).toMatchObject({ machine: "pc2", stateFile: "/data/epochs.json" });
    expect(conf.routes).toMatchObject([{ service: "Twin", port: 13_000 }]);
    expect(hubConfigOf(recorded).router).toEqual({ socket: conf.socket });
  });
});

async function made(agents: PlacedAgent[]): Promise<Recorded[]> {
  const recorded = await recordResources("pc2");
  await settled(new Machine("box", { site, fleet: { inventories: [], batches: [], agents }, bundles }));
  return recorded;
}

/** What a file's script reads, without the last line that marks its end. */
function fileIn(recorded: Recorded[], name: string): string {
  return String(named(recorded, name).inputs.stdin).replace(/== end of .* ==\n$/, "");
}

const hubConfigOf = (recorded: Recorded[]) => HubConfig.parse(JSON.parse(fileIn(recorded, "box-hub-config-write")));
