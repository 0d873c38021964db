import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hardenedContainer } from "../../components/container.ts";
import { type KeepalivedConfArgs, renderKeepalivedConf } from "../../components/keepalived-conf.ts";
import { Machine } from "../../components/machine.ts";
import { readinessProblems } from "../../components/readiness.ts";
import { serverPorts } from "../../components/server-ports.ts";
import { parseStackConfig } from "../../components/stack-config.ts";
import { HubConfig } from "../../hub/config.ts";
import { findInPath } from "../../ops/tools/find.ts";
import { named, promised, recordResources, settled, stackValues } from "./recorder.ts";
import { sampleBundles } from "./sample-bundles.ts";

const args: KeepalivedConfArgs = {
  machine: "mainpc",
  virtualAddress: "192.0.2.100",
  prefixLength: 24,
  // Every machine has this one, and the check asks for it.
  interface: "lo",
  address: "192.0.2.10",
  peerAddress: "192.0.2.20",
  readyUrl: "http://192.0.2.10:9000/readyz",
  priority: 100,
  routerId: 51,
};
const conf = renderKeepalivedConf(args);

const stack = (name: "mainpc" | "pc2", more: Record<string, unknown> = {}) => {
  const values = stackValues(name);
  const at = (group: "machine" | "peer") => ({ ...Object(values[group]), hubPort: 9000 });
  return {
    ...values,
    machine: at("machine"),
    peer: at("peer"),
    images: { ...Object(values.images), keepalived: "keepalived:2" },
    virtualIp: { address: "192.0.2.100", interface: "eth0" },
    ...more,
  };
};

describe("keepalived.conf", () => {
  it("makes neither machine the master, moves the address only when it must, and talks to the peer alone", () => {
    expect(conf).toContain("state BACKUP\n  nopreempt\n");
    expect(conf).toContain("unicast_src_ip 192.0.2.10\n  unicast_peer {\n    192.0.2.20\n  }");
    expect(conf).toContain("192.0.2.100/24 dev lo");
  });

  it("gives the address up after 2 questions, 2 s apart, that the hub does not answer as ready", () => {
    expect(conf).toContain(`-O /dev/null http://192.0.2.10:9000/readyz"\n  interval 2\n  timeout 3\n  fall 2\n`);
    expect(conf).toContain("track_script {\n    hub_ready\n  }");
  });

  const [keepalived] = findInPath(["keepalived"]);
  it.skipIf(keepalived === undefined)(
    "is accepted by keepalived -t, where that is installed, and a wrong one is not",
    () => {
      const folder = mkdtempSync(join(tmpdir(), "tandem-keepalived-"));
      const check = (text: string) => {
        writeFileSync(join(folder, "keepalived.conf"), text, { mode: 0o644 });
        return spawnSync(keepalived ?? "", ["-t", "-f", join(folder, "keepalived.conf")], { encoding: "utf8" });
      };
      try {
        const { status, stderr } = check(conf);
        expect(status, stderr).toBe(0);
        expect(check(conf.replace("priority 100", "priority high")).status).not.toBe(0);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});

describe("a Machine's virtual address", () => {
  it("is not there by default, and there with the same one on both machines, each with its own peer", async () => {
    const none = await made("pc2", stackValues("pc2"));
    expect(none.recorded.filter(({ name }) => name.includes("virtual"))).toEqual([]);
    for (const [name, own, other] of [
      ["mainpc", "192.0.2.10", "192.0.2.20"],
      ["pc2", "192.0.2.20", "192.0.2.10"],
    ] as const) {
      const { recorded, names, url } = await made(name, stack(name));
      expect(names.toSorted()).toEqual(recorded.map((resource) => resource.name).toSorted());
      const text = String(named(recorded, "box-virtual-ip-conf-write").inputs.stdin);
      expect(text).toContain(`unicast_src_ip ${own}\n  unicast_peer {\n    ${other}\n`);
      expect(url).toBe("http://192.0.2.100:9000");
    }
  });

  it("is moved by the one container that is root and has capabilities, those 3 and no other", async () => {
    const { recorded } = await made("pc2", stack("pc2"));
    const containers = recorded.filter(({ type }) => type === "docker:index/container:Container");
    const adding = containers.filter(({ inputs }) => Object(inputs.capabilities).adds !== undefined);
    expect(adding.map(({ name }) => name)).toEqual(["box-virtual-ip-container"]);
    expect(adding[0]?.inputs).toMatchObject({
      user: "0:0",
      capabilities: { drops: ["ALL"], adds: ["CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_SETGID"] },
      readOnly: true,
      privileged: false,
      securityOpts: ["no-new-privileges:true"],
      memory: 64,
    });
    for (const { name, inputs } of containers) if (name !== adding[0]?.name) expect(inputs.user, name).not.toBe("0:0");
  });

  it("has its configuration tested by keepalived in its own image before it takes effect", async () => {
    const { recorded } = await made("pc2", stack("pc2"));
    const script = String(named(recorded, "box-virtual-ip-conf-write").inputs.create);
    const check = script.indexOf("--entrypoint keepalived 'sha256:of-keepalived:2'");
    expect(script.slice(check)).toContain("--config-test --use-file=");
    expect(check).toBeLessThan(script.indexOf('mv -f -- "$new" "$file"'));
  });

  it("has hubs that answer at it, which bind all addresses, and that otherwise bind their own alone", async () => {
    const listens = async (values: Record<string, unknown>) => {
      const { recorded } = await made("pc2", values);
      const text = String(named(recorded, "box-hub-config-write").inputs.stdin);
      return HubConfig.parse(JSON.parse(text.slice(0, text.lastIndexOf("== end of")))).listenHost;
    };
    expect(await listens(stack("pc2"))).toBe("0.0.0.0");
    expect(await listens(stackValues("pc2"))).toBeUndefined();
  });

  it("has the first look ask for the hub's ports on all addresses, where otherwise its own are asked for", () => {
    const problems = (values: Record<string, unknown>) => {
      const ports = serverPorts(parseStackConfig(values, "mainpc"));
      // Somebody listens on 127.0.0.1, at 9000 (hub), 7423 (beats) and 9091 (Pushgateway).
      const said = ["2328", "1CFF", "2383"].map((port) => `listens 0100007F ${port}`).join("\n");
      return readinessProblems(said, "mainpc", { ports, directories: {}, login: undefined }).map(({ what }) => what);
    };
    expect(problems(stack("mainpc"))).toEqual([
      "port 9000 on mainpc is taken by another process",
      "port 7423 on mainpc is taken by another process",
    ]);
    expect(problems(stackValues("mainpc"))).toEqual([]);
  });

  it("is refused with hubs on two ports, an address of a machine, no interface, no image, or IPv6", () => {
    const refusal = (more: Record<string, unknown>) => {
      try {
        parseStackConfig(stack("pc2", more), "pc2");
        return "accepted";
      } catch (error) {
        return String(error);
      }
    };
    const { machine, peer } = stack("pc2");
    expect(refusal({})).toBe("accepted");
    expect(refusal({ peer: { ...peer, hubPort: 9100 } })).toContain(
      "peer.hubPort in Pulumi.pc2.yaml: expected machine.hubPort, 9000",
    );
    expect(refusal({ virtualIp: { address: "192.0.2.20", interface: "eth0" } })).toContain(
      "an address that neither machine has",
    );
    expect(refusal({ virtualIp: { address: "192.0.2.100" } })).toContain("expected the network interface that carries");
    expect(refusal({ images: {} })).toContain("images.keepalived in Pulumi.pc2.yaml: expected an image");
    expect(refusal({ machine: { ...machine, address: "2001:db8::20" } })).toContain("expected an IPv4 address, since");
    expect(refusal({ virtualIp: { address: "2001:db8::1", interface: "eth0" } })).toContain(
      "an IPv4 address like 192.0.2.100",
    );
  });
});

it("a container that moves no address is not root, and one that does is", async () => {
  await recordResources("pc2");
  const spec = {
    name: "box",
    image: "i",
    command: [],
    mounts: [],
    healthcheck: "none" as const,
    memoryMb: 64,
    cpus: 1,
    maxProcesses: 64,
    stopGraceSeconds: 1,
    labels: {},
  };
  expect(() => hardenedContainer("c", { ...spec, uid: 0 }, {})).toThrow("root is for a container that moves addresses");
  expect(() => hardenedContainer("c", { ...spec, uid: 10_900, movesAddresses: true }, {})).toThrow("root is for");
});

async function made(name: "mainpc" | "pc2", values: Record<string, unknown>) {
  const recorded = await recordResources(name);
  const machine = new Machine("box", {
    site: parseStackConfig(values, name),
    fleet: { inventories: [], batches: [], agents: [] },
    bundles: sampleBundles(),
  });
  const names = await settled(machine);
  return { recorded, names, url: machine.virtualHubUrl && (await promised(machine.virtualHubUrl)) };
}
