import { beforeAll, describe, expect, it } from "vitest";
import { Machine } from "../../components/machine.ts";
import type { Site } from "../../components/site.ts";
import { parseStackConfig } from "../../components/stack-config.ts";
import type { PlacedAgent } from "../../fleet/model.ts";
import { HubConfig } from "../../hub/config.ts";
import { SupervisorConfig } from "../../hub/supervisor/config.ts";
import { named, type Recorded, recordResources, settled, stackValues } from "./recorder.ts";
import { sampleAgent, standby } from "./sample-agent.ts";
import { sampleBundles } from "./sample-bundles.ts";

const bundles = sampleBundles();
let site: Site;
beforeAll(() => {
  site = parseStackConfig(stackValues("pc2"), "pc2");
});

const cold = () => sampleAgent("Twin", "mainpc", { mode: "cold", standby });

describe("the supervisor of a Machine", () => {
  it("is there only where a cold standby is, which has its label", async () => {
    for (const agents of [
      [sampleAgent("Warm", "mainpc", { mode: "warm", standby }), sampleAgent("Own", "pc2", { mode: "cold", standby })],
      [{ ...cold(), container: undefined }],
    ]) {
      const recorded = await made(agents);
      expect(recorded.filter(({ type }) => type === "tandem:machine:Supervisor")).toEqual([]);
      expect(hubConfigOf(recorded).supervisor).toBeUndefined();
    }
    const recorded = await made([cold()]);
    expect(recorded.filter(({ type }) => type === "tandem:machine:Supervisor")).toHaveLength(1);
    expect(named(recorded, "box-agent-Twin-standby-container").inputs.labels).toContainEqual({
      label: "tandem.supervised",
      value: "pc2/Twin",
    });
  });

  it("alone sees the engine's socket, as root without any capability in the hub's group", async () => {
    const recorded = await made([cold()]);
    const { inputs } = named(recorded, "box-supervisor-container");
    expect(inputs).toMatchObject({
      image: named(recorded, "box-supervisor-image").inputs.imageName,
      entrypoints: ["node", "/app/supervisor.mjs"],
      user: "0:10900",
      capabilities: { drops: ["ALL"] },
      readOnly: true,
      privileged: false,
      securityOpts: ["no-new-privileges:true"],
    });
    expect(Object(inputs.capabilities).adds).toBeUndefined();
    const socket = { type: "bind", source: "/var/run/docker.sock", target: "/run/docker.sock" };
    expect(inputs.mounts).toContainEqual(socket);
    const seeing = recorded.filter(({ inputs }) => JSON.stringify(inputs.mounts ?? []).includes("docker.sock"));
    expect(seeing.map(({ name }) => name)).toEqual(["box-supervisor-container"]);
  });

  it("has its socket where the hub's container finds it, in a directory that the hub's group may only enter", async () => {
    const recorded = await made([cold()]);
    const directory = "/var/lib/tandem/sockets/supervisor";
    const target = "/run/tandem/supervisor";
    expect(named(recorded, "box-supervisor-sockets-make").inputs.create).toContain(
      `install -d -m 0750 -o 0 -g 10900 '${directory}'`,
    );
    const mounts = (name: string) => named(recorded, name).inputs.mounts;
    expect(mounts("box-supervisor-container")).toContainEqual({ type: "bind", source: directory, target });
    expect(mounts("tandem-pc2-hub")).toContainEqual({ type: "bind", source: directory, target, readOnly: true });
    const conf = SupervisorConfig.parse(JSON.parse(fileIn(recorded, "box-supervisor-config-write")));
    expect(conf).toMatchObject({ machine: "pc2", socketMode: "0660", processes: [] });
    expect(hubConfigOf(recorded).supervisor).toEqual({ socket: conf.socket });
  });

  it("on a Docker socket of this computer is given that one", async () => {
    const here = { ...site, docker: { socket: "unix:///run/user/1000/docker.sock" } };
    const { inputs } = named(await made([cold()], here), "box-supervisor-container");
    expect(inputs.mounts).toContainEqual({
      type: "bind",
      source: "/run/user/1000/docker.sock",
      target: "/run/docker.sock",
    });
  });
});

describe("the witness of a stack", () => {
  it("is what the hub reads, and may stand on neither machine of the pair", async () => {
    const values = { ...stackValues("pc2"), witness: { host: "192.0.2.99" } };
    const recorded = await made([], parseStackConfig(values, "pc2"));
    expect(hubConfigOf(recorded).witness).toEqual({ host: "192.0.2.99", port: 4224 });
    expect(hubConfigOf(await made([])).witness).toBeUndefined();
    const { address } = Object(stackValues("pc2").peer) as { address: string }; // the recorder's own values
    expect(() => parseStackConfig({ ...values, witness: { host: address } }, "pc2")).toThrow(
      "tandem:witness.host in Pulumi.pc2.yaml: expected a third machine",
    );
  });
});

async function made(agents: PlacedAgent[], of: Site = site): Promise<Recorded[]> {
  const recorded = await recordResources("pc2");
  await settled(new Machine("box", { site: of, fleet: { inventories: [], batches: [], agents }, bundles }));
  return recorded;
}

/** What a file's script reads, without the last line that marks its end. */
function fileIn(recorded: Recorded[], name: string): string {
  return String(named(recorded, name).inputs.stdin).replace(/== end of .* ==\n$/, "");
}

const hubConfigOf = (recorded: Recorded[]) => HubConfig.parse(JSON.parse(fileIn(recorded, "box-hub-config-write")));
