import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { readAgentSecrets } from "../../components/agent-secrets.ts";
import { Machine } from "../../components/machine.ts";
import type { Site } from "../../components/site.ts";
import { parseStackConfig } from "../../components/stack-config.ts";
import type { PlacedAgent } from "../../fleet/model.ts";
import { named, promised, recordResources, settled, stackValues } from "./recorder.ts";
import { sampleAgent, standby } from "./sample-agent.ts";
import { sampleBundles } from "./sample-bundles.ts";

const bundles = sampleBundles();
let site: Site;
beforeAll(() => {
  site = parseStackConfig(stackValues("pc2"), "pc2");
});

describe("the agents of a Machine", () => {
  it("are its own with a container and the standbys of the peer's, each after the hub", async () => {
    const { recorded, names } = await made([
      sampleAgent("Tutor", "pc2"),
      sampleAgent("Byhand", "pc2", { container: undefined }),
      sampleAgent("Twin", "mainpc", { mode: "cold", standby }),
      sampleAgent("Stays", "mainpc", { mode: "notify" }),
    ]);
    expect(names.toSorted()).toEqual(recorded.map(({ name }) => name).toSorted());
    const agents = recorded.filter(({ type }) => type === "tandem:machine:Agent").map(({ name }) => name);
    expect(agents).toEqual(["box-agent-Tutor", "box-agent-Twin-standby"]);
    expect(named(recorded, "box-agent-Twin-standby-container").inputs).toMatchObject({ start: false });
    expect(named(recorded, "box-agent-Tutor-logs-make").inputs.create).toContain("/var/lib/tandem/agents/Tutor/logs");
    for (const name of ["Tutor", "Twin-standby"])
      expect(named(recorded, `box-agent-${name}-hubs-make`).inputs.create).toContain(`/etc/tandem/hubs/${name}'`);
  });

  it("come after what they need here, in whatever order the inventory has them", async () => {
    const { recorded } = await made([
      sampleAgent("First", "pc2", { needs: ["Second"] }),
      sampleAgent("Second", "pc2", { needs: ["mainpc/Third"] }),
      sampleAgent("Third", "mainpc", { mode: "warm", standby }),
    ]);
    const order = recorded.map(({ name }) => name).filter((name) => /^box-agent-\w+(-standby)?$/.test(name));
    expect(order).toEqual(["box-agent-Third-standby", "box-agent-Second", "box-agent-First"]);
  });

  it("that load models share one directory of the stack, and are refused where it names none", async () => {
    const agents = [sampleAgent("A", "pc2", {}, { models: true }), sampleAgent("B", "pc2", {}, { models: true })];
    const { recorded } = await made(agents, { ...site, models: { directory: "/srv/models" } });
    const mount = { type: "bind", source: "/srv/models", target: "/models", readOnly: true };
    for (const name of ["A", "B"])
      expect(named(recorded, `box-agent-${name}-container`).inputs.mounts).toContainEqual(mount);
    expect(recorded.filter(({ type }) => type === "tandem:machine:ModelDirectory")).toHaveLength(1);
    await expect(made(agents)).rejects.toThrow("pc2/A loads models on pc2, but the stack says of no directory");
  });

  it("that read a secret which the stack does not have are refused with what to set, before any of them is made", async () => {
    await expect(made([sampleAgent("A", "pc2", {}, { secrets: ["KEY"] })])).rejects.toThrow(
      "pc2/A reads the secret KEY on pc2, but the stack has none of this name",
    );
  });
});

describe("the secrets that a stack holds for its agents", () => {
  it("are read as secrets of Pulumi's, and are none without the key", async () => {
    await recordResources("pc2", { agentSecrets: { KEY: "k-0123" } }, ["agentSecrets"]);
    const { KEY } = readAgentSecrets();
    expect(KEY === undefined ? undefined : await Promise.all([promised(KEY), pulumi.isSecret(KEY)])).toEqual([
      "k-0123",
      true,
    ]);
    await recordResources("pc2");
    expect(readAgentSecrets()).toEqual({});
  });

  it("are refused in plain text and as anything but texts by name, and never repeated", async () => {
    for (const value of [{ KEY: "k-0123" }, ["k-0123"], "k-0123", { KEY: { deep: "k-0123" } }]) {
      await recordResources("pc2", { agentSecrets: value });
      expect(() => readAgentSecrets()).toThrow(/^tandem:agentSecrets in Pulumi\.pc2\.yaml: (?!.*k-0123)/);
    }
  });
});

async function made(agents: PlacedAgent[], of: Site = site) {
  const recorded = await recordResources("pc2");
  const machine = new Machine("box", { site: of, fleet: { inventories: [], batches: [], agents }, bundles });
  return { recorded, names: await settled(machine) };
}
