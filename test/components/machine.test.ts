import type * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { Machine } from "../../components/machine.ts";
import type { Site } from "../../components/site.ts";
import { parseStackConfig } from "../../components/stack-config.ts";
import { Agent, type Fleet } from "../../fleet/model.ts";
import { named, type Recorded, recordResources, settled, stackValues } from "./recorder.ts";
import { sampleBundles } from "./sample-bundles.ts";

const bundles = sampleBundles();
let site: Site;
beforeAll(() => {
  site = parseStackConfig(stackValues("pc2"), "pc2");
});

describe("a Machine", () => {
  it("has registered every resource below it once all urns are known", async () => {
    const { recorded, names } = await made({ site, fleet: fleet(), bundles });
    expect(names.toSorted()).toEqual(recorded.map(({ name }) => name).toSorted());
  });

  it("protects the volume of the streams alone, and deletes each container before its ports are taken again but the hub's", async () => {
    const { options } = await made({ site, fleet: fleet(), bundles });
    const withOption = (key: keyof pulumi.CustomResourceOptions) =>
      [...options].filter(([, given]) => given[key] === true).map(([name]) => name);
    expect(withOption("protect")).toEqual(["box-nats-volume"]);
    expect(withOption("deleteBeforeReplace").toSorted()).toEqual(["box-nats-container", "box-pushgateway-container"]);
  });

  it("protects nothing more with a Prometheus, so that a deployment that brings one can be taken back", async () => {
    const watched = { ...site, prometheus: { ...site.prometheus, enabled: true } };
    const { options } = await made({ site: watched, fleet: fleet(), bundles });
    const guarded = [...options].filter(([, given]) => given.protect === true).map(([name]) => name);
    expect(guarded).toEqual(["box-nats-volume"]);
    expect([...options.keys()]).toContain("box-prometheus-data-make");
  });

  it("writes shares of CPUs with one decimal, as the provider reads them back, so that a second up changes nothing", async () => {
    const { recorded } = await made({ site, fleet: fleet(), bundles });
    const shares = recorded.flatMap(({ name, inputs }) => (inputs.cpus === undefined ? [] : [[name, inputs.cpus]]));
    expect(Object.fromEntries(shares)).toEqual({
      "box-nats-container": "2.0",
      "box-pushgateway-container": "1.0",
      "tandem-pc2-hub": "2.0",
    });
  });

  it("a changed agent changes hub.json and the label that replaces the hub, and nothing else", async () => {
    const [before, after] = [
      await made({ site, fleet: fleet(), bundles }),
      await made({ site, fleet: fleet(7_001), bundles }),
    ];
    expect(changed(before.recorded, after.recorded)).toEqual(["box-hub-config-write", "tandem-pc2-hub"]);
  });

  it("a changed bundle changes the image's tag and the hub's container, and nothing else", async () => {
    const before = await made({ site, fleet: fleet(), bundles });
    const after = await made({ site, fleet: fleet(), bundles: sampleBundles("4567") });
    expect(changed(before.recorded, after.recorded)).toEqual(["box-hub-image", "tandem-pc2-hub"]);
  });

  it("on a Docker socket of this computer starts no SSH", async () => {
    const here = { ...site, docker: { socket: "unix:///var/run/docker.sock" } };
    const { recorded } = await made({ site: here, fleet: fleet(), bundles });
    expect(recorded.filter(({ type }) => type.startsWith("command:")).map(({ type }) => type)).toEqual(
      Array(7).fill("command:local:Command"),
    );
    const engine = recorded.find(({ type }) => type === "pulumi:providers:docker");
    expect(engine?.inputs).toMatchObject({ host: "unix:///var/run/docker.sock" });
    expect(engine?.inputs.sshOpts).toBeUndefined();
  });

  it("with other ports, images, paths and limits is made with those", async () => {
    const other = parseStackConfig(
      {
        ...stackValues("pc2"),
        images: { nats: "registry.example.org/nats@sha256:01", hubBase: "registry.example.org/node@sha256:02" },
        paths: { config: "/srv/etc", data: "/srv/data" },
        limits: { natsMemoryMb: 4096 },
        machine: { ...Object(stackValues("pc2").machine), pushgatewayPort: 9191 },
        ssh: { ...Object(stackValues("pc2").ssh), user: "ops", port: 2222 },
      },
      "pc2",
    );
    const { recorded } = await made({ site: other, fleet: fleet(), bundles });
    const inputs = (name: string) => recorded.find((resource) => resource.name === `box-${name}`)?.inputs;
    expect(inputs("nats-image")?.name).toBe("registry.example.org/nats@sha256:01");
    expect(inputs("nats-container")).toMatchObject({ memory: 4096, mounts: [{ source: "/srv/etc/nats" }, {}] });
    expect(inputs("nats-volume")).toMatchObject({ driverOpts: { device: "/srv/data/jetstream" } });
    expect(named(recorded, "tandem-pc2-hub").inputs).toMatchObject({
      mounts: [{}, { source: "/srv/data/hub", target: "/data" }],
    });
    expect(inputs("pushgateway-container")?.command).toContain("--web.listen-address=192.0.2.20:9191");
    expect(inputs("docker")?.host).toBe("ssh://ops@192.0.2.20:2222");
    expect(inputs("hub-image")).toMatchObject({ build: { args: { BASE: "registry.example.org/node@sha256:02" } } });
  });

  it("with directories of logs cares for them, and refuses a file that an agent of this machine rotates itself", async () => {
    const logs = { ...site.logs, directories: ["/srv/fleet/logs"], files: ["/srv/fleet/logs/remote_connector.log"] };
    const { recorded, names } = await made({ site: { ...site, logs }, fleet: fleet(), bundles });
    expect(names.toSorted()).toEqual(recorded.map(({ name }) => name).toSorted());
    expect(names).toContain("box-logs");
    await recordResources("pc2");
    const wrong = { ...site, logs: { ...logs, files: ["/srv/fleet/logs/tutor.log"] } };
    expect(() => new Machine("box", { site: wrong, fleet: fleet(), bundles })).toThrow("tutor.log rotates itself");
  });

  it("has nats.conf checked in the image that will read it, as the user that will, before it takes effect", async () => {
    const { recorded } = await made({ site, fleet: fleet(), bundles });
    const script = String(named(recorded, "box-nats-conf-write").inputs.create);
    const check = script.indexOf("--entrypoint nats-server 'sha256:of-");
    expect(check).toBeGreaterThan(0);
    expect(script.slice(check)).toContain(`-t -c "/etc/tandem/nats/$(basename "$new")"`);
    expect(script).toContain("--network none --read-only --cap-drop ALL --user 10422:10422");
    expect(check).toBeLessThan(script.indexOf('mv -f -- "$new" "$file"'));
  });

  it("by a jump host and by sudo, commands and engine go through the one and scripts through the other", async () => {
    const key = "ssh-ed25519 AAAAjump";
    const jump = { host: "bastion", port: 2222, user: "ops", hostKey: key };
    const ssh = { ...site.ssh, become: "sudo" as const, jump };
    const { recorded } = await made({ site: { ...site, ssh }, fleet: fleet(), bundles });
    for (const { inputs, name } of recorded.filter(({ type }) => type === "command:remote:Command")) {
      expect(inputs.connection, name).toMatchObject({ proxy: jump, hostKey: site.ssh.hostKey });
      expect(inputs.create, name).toContain("exec sudo -n sh -c '");
    }
    expect(String(named(recorded, "box-docker").inputs.sshOpts)).toContain(`%%H ${key}`);
  });

  it("whose hub would not start by its configuration is refused, and what is written has no default of the hub's", async () => {
    const { recorded } = await made({ site, fleet: fleet(), bundles });
    expect(named(recorded, "box-hub-config-write").inputs.stdin).not.toContain("peerAckDeadlineMs");
    await recordResources("pc2");
    const wrong = { ...site, references: ["192.0.2.1:99999"] };
    expect(() => new Machine("box", { site: wrong, fleet: fleet(), bundles })).toThrow("references.0.port");
  });

  it("without a finished image and without bundles is refused", async () => {
    await recordResources("pc2");
    expect(() => new Machine("box", { site, fleet: fleet() })).toThrow("needs bundles");
  });
});

async function made(args: ConstructorParameters<typeof Machine>[1]) {
  const recorded = await recordResources("pc2");
  const options = new Map<string, pulumi.CustomResourceOptions>();
  const note: pulumi.ResourceTransformation = ({ name, opts }) => {
    options.set(name, opts);
    return undefined;
  };
  const names = await settled(new Machine("box", args, { transformations: [note] }));
  return { recorded, options, names };
}

/** Names of the resources whose inputs differ. */
function changed(before: Recorded[], after: Recorded[]): string[] {
  const told = new Map(before.map(({ name, inputs }) => [name, JSON.stringify(inputs)]));
  return after
    .filter(({ name, inputs }) => told.get(name) !== JSON.stringify(inputs))
    .map(({ name }) => name)
    .toSorted();
}

function fleet(healthPort = 7_000): Fleet {
  const entry = {
    name: "Tutor",
    group: "g",
    port: 6_000,
    healthPort,
    httpPort: 8_000,
    health: { kind: "zmq" },
    required: true,
  };
  return { inventories: [], batches: [], agents: [{ ...Agent.parse(entry), machine: "pc2", id: "pc2/Tutor" }] };
}
