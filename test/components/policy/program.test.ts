/** Every resource that the program declares, with all that a site may have, held against the rules that the policy pack has. */
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { Machine } from "../../../components/machine.ts";
import type { Declared } from "../../../components/policy/declared.ts";
import { violationsOf } from "../../../components/policy/rules.ts";
import { Satellite } from "../../../components/satellite.ts";
import { SatelliteSite } from "../../../components/satellite-site.ts";
import type { Site } from "../../../components/site.ts";
import { parseStackConfig } from "../../../components/stack-config.ts";
import { type Fleet, Inventory, type PlacedAgent } from "../../../fleet/model.ts";
import { recordResources, settled } from "../recorder.ts";
import { sampleAgent } from "../sample-agent.ts";
import { sampleBundles } from "../sample-bundles.ts";
import { satelliteValues } from "../satellite-stack.ts";
import { type SecuredStack, securedStack } from "../secured-stack.ts";

const bundles = sampleBundles();
const grafanaPassword = "correct-horse-battery";
const agentSecrets = { TOKEN: "a-token-of-the-store" };

/** Agents of every kind, each with ports of its own on both machines. */
const agents = (["mainpc", "pc2"] as const).flatMap((machine, side): PlacedAgent[] => {
  const at = (index: number) => 6_000 + side * 1_000 + index * 10;
  const ports = (index: number) => ({ port: at(index), healthPort: at(index) + 1, httpPort: at(index) + 2 });
  const moves = (index: number) => ({ ...ports(index), standby: ports(index + 50) });
  const full = { data: "/app/data", models: true, secrets: ["TOKEN"], gpu: true, healthcheck: ["true"] };
  return [
    sampleAgent(`Store${side}`, machine, { ...moves(0), mode: "warm", route: at(90) }, full),
    sampleAgent(`Cold${side}`, machine, { ...moves(1), mode: "cold" }),
    sampleAgent(`Stays${side}`, machine, ports(2)),
  ];
});
const fleet: Fleet = { inventories: [], batches: [], agents };

interface Made {
  declared: Declared[];
  secured: SecuredStack;
  site: Site;
}

const made = {} as Record<"mainpc" | "pc2", Made>; // filled before the first test
beforeAll(async () => {
  for (const stack of ["mainpc", "pc2"] as const) {
    const secured = securedStack(stack);
    const site = fullSite(stack, secured);
    const declared = await declaredBy(stack, (opts) => new Machine(stack, { site, fleet, ...given(secured) }, opts));
    made[stack] = { declared, secured, site };
  }
});

describe.each(["mainpc", "pc2"] as const)("stack %s with keys, all servers and agents of every kind", (stack) => {
  it("violates no rule, and its secrets are in the open nowhere", () => {
    const { declared, secured } = made[stack];
    const values = { ...secured.secrets, ...agentSecrets, grafanaPassword };
    const secrets = Object.entries(values).map(([name, value]) => ({ name, value }));
    expect(violationsOf(declared, { secrets })).toEqual([]);
  });

  it("has 13 containers, of which 5 say by which exception they are what they are", () => {
    const { declared } = made[stack];
    const containers = declared.filter(({ type }) => type === "docker:index/container:Container");
    const excepted = containers.flatMap(({ name, props }) => {
      const { labels } = Object(props) as { labels: { label: string; value: string }[] }; // hardenedContainer's own
      const word = labels.find(({ label }) => label === "tandem.exception")?.value;
      return word === undefined ? [] : [`${name.replace(stack, "M")} ${word}`];
    });
    expect(containers).toHaveLength(13);
    const [own, peers] = stack === "mainpc" ? [0, 1] : [1, 0];
    expect(excepted.sort()).toEqual(
      [
        `M-agent-Cold${own}-container asked-by-the-hub`,
        `M-agent-Cold${peers}-standby-container asked-by-the-hub`,
        `M-agent-Stays${own}-container asked-by-the-hub`,
        "M-supervisor-container speaks-to-the-engine",
        "M-virtual-ip-container moves-addresses",
      ].sort(),
    );
  });

  it("lists the ports of each container that has some, cold standbys' too", () => {
    const { declared } = made[stack];
    const { ports } = Object(declared.find(({ type }) => type === "tandem:machine:Machine")?.props);
    expect(ports[`tandem-${stack}-hub`]).toBe("7423 9000");
    expect(ports[`tandem-${stack}-router`]).toBe("6900 7900");
    expect(ports[`Cold${stack === "mainpc" ? 1 : 0}-standby`]).toMatch(/^\d+ \d+ \d+$/);
    expect(Object.keys(ports)).toHaveLength(11);
  });

  it("is found out when an agent has the hub's port, and when the volume of the streams is not protected", async () => {
    const { site, declared, secured } = made[stack];
    const [first, ...rest] = agents.filter(({ machine }) => machine === stack);
    const clash = { ...fleet, agents: [{ ...(first as PlacedAgent), healthPort: 9000 }, ...rest] }; // there are three
    const args = { site, fleet: clash, ...given(secured) };
    const changed = await declaredBy(stack, (opts) => new Machine(stack, args, opts));
    expect(violationsOf(changed).map(({ what }) => what)).toEqual([
      `${first?.name} and tandem-${stack}-hub would listen on port 9000`,
    ]);
    const bare = declared.map((one) => ({ ...one, protect: false }));
    expect(violationsOf(bare).map(({ rule, resource }) => `${rule} ${resource}`)).toEqual([
      `volumes-are-protected ${stack}-nats-volume`,
    ]);
  });
});

it("the stack of a satellite with agents, Prometheus and Grafana violates no rule", async () => {
  const values = satelliteValues({
    prometheus: { enabled: true },
    grafana: { enabled: true },
    models: { directory: "/srv/models" },
  });
  const site = SatelliteSite.parse(values);
  const inventory = Inventory.parse({
    machine: "nas",
    watchedBy: "pc2",
    gpu: "none",
    failover: "optional",
    agents: [],
  });
  const archive = sampleAgent("Archive", "nas", {}, { data: "/app/data", secrets: ["TOKEN"] });
  const args = {
    site,
    fleet: { ...fleet, inventories: [inventory], agents: [archive] },
    grafanaPassword,
    agentSecrets,
  };
  const declared = await declaredBy("nas", (opts) => new Satellite("nas", args, opts));
  expect(declared.filter(({ type }) => type === "docker:index/container:Container")).toHaveLength(3);
  expect(violationsOf(declared)).toEqual([]);
});

/** What the program would read from the stack's secrets. */
function given({ secrets: { hubSeed, leafKey } }: SecuredStack) {
  const secrets = { hubSeed: pulumi.secret(hubSeed), leafKey: pulumi.secret(leafKey) };
  return { bundles, secrets, grafanaPassword, agentSecrets };
}

/** What mocks record, with what is protected. */
async function declaredBy(
  stack: string,
  make: (opts: pulumi.ComponentResourceOptions) => pulumi.Resource,
): Promise<Declared[]> {
  const recorded = await recordResources(stack);
  const guarded = new Set<string>();
  const note: pulumi.ResourceTransformation = ({ name, opts }) => {
    if (opts.protect === true) guarded.add(name);
    return undefined;
  };
  await settled(make({ transformations: [note] }));
  return recorded.map(({ type, name, inputs }) => ({ type, name, props: inputs, protect: guarded.has(name) }));
}

function fullSite(stack: "mainpc" | "pc2", { values }: SecuredStack): Site {
  const at = (group: "machine" | "peer") => ({ ...Object(values[group]), hubPort: 9000 });
  return parseStackConfig(
    {
      ...values,
      machine: at("machine"),
      peer: at("peer"),
      images: { ...Object(values.images), keepalived: "registry.example.org/keepalived:2.2.8" },
      virtualIp: { address: "192.0.2.100", interface: "eth0" },
      prometheus: { enabled: true },
      grafana: { enabled: true },
      models: { directory: "/srv/models" },
      logs: { ...Object(values.logs), directories: ["/srv/fleet/logs"] },
    },
    stack,
  );
}
