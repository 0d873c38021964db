/** The whole program against mocks, once a stack: what would be made on each machine, and how. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { HubConfig } from "../hub/config.ts";
import { ensureTool } from "../ops/tools/ensure-tool.ts";
import {
  named as namedResource,
  promised,
  type Recorded,
  recordResources,
  stackValues,
} from "./components/recorder.ts";

import { satelliteValues } from "./components/satellite-stack.ts";
import { nas, scratchFleet } from "./fleet/fixture.ts";

interface Deployed {
  resources: Recorded[];
  outputs: Record<string, unknown>;
}

const stacks = ["mainpc", "pc2"] as const;
type Stack = (typeof stacks)[number];
const deployed = new Map<Stack, Deployed>();

beforeAll(async () => {
  for (const stack of stacks) deployed.set(stack, await deploy(stack));
}, 60_000);

describe.each(stacks)("stack %s", (stack) => {
  const of = (type: string) => resourcesOf(stack).filter((resource) => resource.type === type);
  const containers = () => of("docker:index/container:Container");
  const stdinOf = (name: string) => {
    const text = String(named(stack, `${stack}-${name}-write`).inputs.stdin);
    return text.slice(0, text.lastIndexOf("== end of"));
  };

  it("makes these 35 resources and no other, each named after the machine", () => {
    expect(
      resourcesOf(stack)
        .map(({ type, name }) => `${type.split(":").at(-1)} ${name.replace(stack, "M")}`)
        .sort(),
    ).toEqual([
      "Command M-hub-config-write",
      "Command M-hub-data-make",
      "Command M-hub-others",
      "Command M-nats-conf-write",
      "Command M-nats-data-make",
      "Command M-pushgateway-data-make",
      "Command M-router-config-write",
      "Command M-router-data-make",
      "Command M-router-others",
      "Command M-router-sockets-make",
      "Command M-sysctl-write",
      "ConfigFile M-hub-config",
      "ConfigFile M-nats-conf",
      "ConfigFile M-router-config",
      "ConfigFile M-sysctl",
      "Container M-nats-container",
      "Container M-pushgateway-container",
      "Container tandem-M-hub",
      "Container tandem-M-router",
      "DataDirectory M-hub-data",
      "DataDirectory M-nats-data",
      "DataDirectory M-pushgateway-data",
      "DataDirectory M-router-data",
      "DataDirectory M-router-sockets",
      "Hub M-hub",
      "Image M-hub-image",
      "Image M-router-image",
      "JetStreamNode M-nats",
      "Machine M",
      "Pushgateway M-pushgateway",
      "RemoteImage M-nats-image",
      "RemoteImage M-pushgateway-image",
      "Router M-router",
      "Volume M-nats-volume",
      "docker M-docker",
    ]);
  });

  it("bounds and hardens all 4 containers alike", () => {
    expect(containers()).toHaveLength(4);
    for (const { inputs } of containers()) {
      expect(inputs, String(inputs.name)).toMatchObject({
        networkMode: "host",
        user: expect.stringMatching(/^[1-9]\d{4}:[1-9]\d{4}$/),
        readOnly: true,
        privileged: false,
        tmpfs: { "/tmp": expect.stringContaining("noexec") },
        capabilities: { drops: ["ALL"] },
        securityOpts: ["no-new-privileges:true"],
        memory: expect.any(Number),
        memorySwap: inputs.memory,
        cpus: expect.stringMatching(/^\d/),
        ulimits: expect.arrayContaining([expect.objectContaining({ name: "nproc" })]),
        healthcheck: { tests: expect.arrayContaining(["CMD"]), retries: 3 },
        wait: true,
        restart: "unless-stopped",
        stopSignal: "SIGTERM",
        stopTimeout: inputs.destroyGraceSeconds,
        logDriver: "json-file",
        logOpts: { "max-size": "10m", "max-file": "5" },
      });
      expect(inputs.capabilities).not.toHaveProperty("adds");
      for (const unsafe of ["ports", "devices", "hosts", "uploads", "volumes", "pidMode", "ipcMode"]) {
        expect(inputs[unsafe], unsafe).toBeUndefined();
      }
    }
    const users = containers().map(({ inputs }) => inputs.user);
    const userOf = (name: string) => containerOf(stack, name).inputs.user;
    // The router is the hub's, user and all.
    expect(new Set(users).size).toBe(3);
    expect(userOf("router")).toBe(userOf("hub"));
  });

  it("gives no container and no command an environment", () => {
    for (const { name, inputs } of resourcesOf(stack)) {
      expect(inputs.envs, name).toBeUndefined();
      expect(inputs.environment, name).toBeUndefined();
    }
  });

  it("mounts directories under the site's two paths, configuration read-only, and the Docker socket nowhere", () => {
    const mounts = (name: string) => containerOf(stack, name).inputs.mounts;
    const config = (name: string) => {
      const path = `/etc/tandem/${name}`;
      return { type: "bind", source: path, target: path, readOnly: true };
    };
    expect(mounts("nats")).toEqual([
      config("nats"),
      { type: "volume", source: `tandem-${stack}-jetstream`, target: "/data" },
    ]);
    expect(mounts("pushgateway")).toEqual([{ type: "bind", source: "/var/lib/tandem/pushgateway", target: "/data" }]);
    const sockets = { type: "bind", source: "/var/lib/tandem/sockets/router", target: "/run/tandem/router" };
    expect(mounts("hub")).toEqual([
      config("hub"),
      { type: "bind", source: "/var/lib/tandem/hub", target: "/data" },
      { ...sockets, readOnly: true },
    ]);
    expect(mounts("router")).toEqual([
      config("router"),
      { type: "bind", source: "/var/lib/tandem/router", target: "/data" },
      sockets,
    ]);
    expect(JSON.stringify(containers())).not.toContain("docker.sock");
  });

  it("reaches the machine's engine and files with its host key pinned and no key of the operator's", () => {
    const hostKey = Object(stackValues(stack).ssh).hostKey;
    const [engine] = of("pulumi:providers:docker");
    expect(String(engine?.inputs.sshOpts)).toContain(`KnownHostsCommand=/bin/echo %H ${hostKey}`);
    for (const { inputs } of of("command:remote:Command")) {
      expect(inputs.connection).toMatchObject({ hostKey, host: Object(stackValues(stack).machine).address });
      expect(Object.keys(Object(inputs.connection))).not.toContain("privateKey");
      expect(inputs.logging).toBe("none");
    }
    for (const { provider, name } of resourcesOf(stack).filter(({ type }) => type.startsWith("docker:"))) {
      expect(provider, name).toContain(`${stack}-docker`);
    }
  });

  it("gives each listening port of the machine to one process", () => {
    const hub = HubConfig.parse(JSON.parse(stdinOf("hub-config")));
    const conf = stdinOf("nats-conf");
    const ports = [
      hub.machine.hub.port,
      Number(/^port: (\d+)$/m.exec(conf)?.[1]),
      Number(/^http: "127\.0\.0\.1:(\d+)"$/m.exec(conf)?.[1]),
      ...(/^ {2}port: (\d+)$/m.exec(conf)?.slice(1).map(Number) ?? []),
      Number(/:(\d+)$/.exec(String(Object(named(stack, `${stack}-pushgateway-container`).inputs.command)[0]))?.[1]),
    ];
    const expected = { mainpc: [9000, 4222, 8222, 7422, 9091], pc2: [9100, 4223, 8223, 9091] };
    expect(ports).toEqual(expected[stack]);
    expect(new Set(ports).size).toBe(ports.length);
  });

  it("writes a hub configuration of 77 agents that the hub accepts, with the peer seen from this side", () => {
    const hub = HubConfig.parse(JSON.parse(stdinOf("hub-config")));
    expect(hub.agents).toHaveLength(77);
    expect(hub.agents.filter(({ isHub }) => isHub)).toHaveLength(2);
    expect([hub.machine.name, hub.peer.name].sort()).toEqual(["mainpc", "pc2"]);
    expect(hub.machine.name).toBe(stack);
  });

  it("writes a nats.conf that nats-server -t accepts", async () => {
    const natsServer = await ensureTool("nats-server", () => {});
    const folder = mkdtempSync(join(tmpdir(), "tandem-program-"));
    writeFileSync(join(folder, "nats.conf"), stdinOf("nats-conf"));
    const { stderr } = spawnSync(natsServer, ["-t", "-c", join(folder, "nats.conf")], { encoding: "utf8" });
    rmSync(folder, { recursive: true });
    expect(stderr).toContain("is valid");
  });

  it("runs the hub from an image whose tag is a hash, as its output says", () => {
    const image = named(stack, `${stack}-hub-image`).inputs;
    expect(image.imageName).toMatch(/^tandem-hub:[0-9a-f]{12}$/);
    expect(image).toMatchObject({ skipPush: true, build: { args: { BASE: "node:24-bookworm-slim" } } });
    expect(named(stack, `tandem-${stack}-hub`).inputs.image).toBe(image.imageName);
    expect(outputsOf(stack).hubImage).toBe(image.imageName);
  });

  it("gives an output for every endpoint", () => {
    const at = { mainpc: ["192.0.2.10:9000", 4222, 8222], pc2: ["192.0.2.20:9100", 4223, 8223] } as const;
    const [hub, nats, monitoring] = at[stack];
    const { hubImage: _, ...endpoints } = outputsOf(stack);
    expect(endpoints).toEqual({
      hub: `http://${hub}`,
      page: `http://${hub}/`,
      metrics: `http://${hub}/metrics`,
      fleet: `http://${hub}/api/v1/fleet`,
      events: `http://${hub}/api/v1/events`,
      ledger: `http://${hub}/api/v1/ledger`,
      drills: `http://${hub}/api/v1/documents/drills`,
      pushgateway: `http://${hub.split(":")[0]}:9091`,
      nats: `nats://${hub.split(":")[0]}:${nats}`,
      monitoring: `http://127.0.0.1:${monitoring}`,
      leaf: "nats-leaf://192.0.2.10:7422",
    });
  });

  it("says the same of every resource when it is run again", async () => {
    expect((await deploy(stack)).resources.toSorted(byName)).toEqual(resourcesOf(stack).toSorted(byName));
  });
});

describe("the pair", () => {
  it("one machine listens for the link and the other dials it", () => {
    const conf = (stack: Stack) => String(named(stack, `${stack}-nats-conf-write`).inputs.stdin);
    expect(conf("mainpc")).toContain('host: "192.0.2.10"\n  port: 7422');
    expect(conf("pc2")).toContain('url: "nats-leaf://192.0.2.10:7422"');
  });

  it("a stack with a port of 90000 is refused with the key and its file, before any resource is made", async () => {
    const values = stackValues("mainpc");
    const recorded = await recordResources("mainpc", {
      ...values,
      machine: { ...Object(values.machine), hubPort: 90_000 },
    });
    vi.resetModules();
    await expect(import("../index.ts")).rejects.toThrow(
      "tandem:machine.hubPort in Pulumi.mainpc.yaml: expected at most 65535",
    );
    expect(recorded).toEqual([]);
  });

  it("a site that names a finished hub image builds none", async () => {
    const name = "registry.example.org/tandem-hub@sha256:0123";
    const values = stackValues("mainpc");
    const { resources, outputs } = await deploy("mainpc", {
      ...values,
      images: { ...Object(values.images), hub: name },
    });
    expect(resources.filter(({ type }) => type === "docker:index/image:Image")).toEqual([]);
    expect(outputs.hubImage).toBe(name);
  });
});

describe("the stack of a satellite", () => {
  const scratch = scratchFleet();
  beforeAll(() => scratch.write({ nas, batches: "batches: []\n" }));
  afterAll(() => scratch.remove());
  /** With an inventory that has the satellite. */
  const inventory = { fleet: { directory: scratch.dir } };

  it("makes nothing but the agents with a container, and says where they push to", async () => {
    const { resources, outputs } = await deploy("nas", satelliteValues(inventory));
    const made = resources.map(({ type, name }) => `${type.split(":").at(-1)} ${name}`).sort();
    expect(made).toEqual(["Satellite nas", "docker nas-docker"]);
    expect(outputs).toEqual({
      hub: "http://192.0.2.20:9100",
      hubs: ["http://192.0.2.20:9100", "http://192.0.2.10:9000"],
      page: "http://192.0.2.20:9100/",
      metrics: "http://192.0.2.20:9100/metrics",
      fleet: "http://192.0.2.20:9100/api/v1/fleet",
      events: "http://192.0.2.20:9100/api/v1/events",
      ledger: "http://192.0.2.20:9100/api/v1/ledger",
      drills: "http://192.0.2.20:9100/api/v1/documents/drills",
    });
  });

  it("is known to the hubs of both machines of the pair, whose stacks have its address", async () => {
    for (const stack of stacks) {
      const satellites = [{ name: "nas", address: "192.0.2.30" }];
      const { resources } = await deploy(stack, { ...stackValues(stack), satellites, ...inventory });
      const text = String(namedResource(resources, `${stack}-hub-config-write`).inputs.stdin);
      const hub = HubConfig.parse(JSON.parse(text.slice(0, text.lastIndexOf("== end of"))));
      expect(hub.satellites).toEqual([{ name: "nas", watchedBy: "pc2" }]);
      expect(hub.agents.find(({ name }) => name === "Archive")?.probe).toMatchObject({
        host: "192.0.2.30",
        port: 6001,
      });
    }
  });

  it("of a pair whose stack does not know it is refused, with what to set", async () => {
    await expect(deploy("mainpc", { ...stackValues("mainpc"), ...inventory })).rejects.toThrow(
      "fleet/nas.yaml describes a satellite whose address the stack of mainpc does not know",
    );
  });
});

describe("a stack whose machine is looked at first", () => {
  let folder: string;
  const warnings = vi.spyOn(pulumi.log, "warn");
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tandem-look-"));
    warnings.mockReset().mockResolvedValue();
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  afterAll(() => {
    warnings.mockRestore();
  });

  it.skipIf(process.getuid?.() !== 0)(
    "warns of the one file that was changed by hand, and declares its command with what happened",
    async () => {
      const put = (name: string, text: string, recorded = text) => {
        const path = join(folder, name);
        mkdirSync(dirname(path));
        writeFileSync(path, text);
        writeFileSync(
          join(dirname(path), `.${basename(path)}.deployed`),
          `${createHash("sha256").update(recorded).digest("hex")}\n`,
        );
      };
      put("nats/nats.conf", "port: 4299\n", "port: 4222\n");
      put("hub/hub.json", "{}\n");
      // An engine that answers, whatever this computer has.
      mkdirSync(join(folder, "bin"));
      writeFileSync(join(folder, "bin", "docker"), "#!/bin/sh\n[ $3 != version ] || echo 20.10.24\n", { mode: 0o755 });
      vi.stubEnv("PATH", `${join(folder, "bin")}:${process.env.PATH}`);
      onTestFinished(() => void vi.unstubAllEnvs());
      const { resources } = await deploy("mainpc", here(), true);
      // Beside what each run says of a site without keys.
      expect(warnings.mock.calls.map(([text]) => text).filter((text) => !text.startsWith("NATS"))).toEqual([
        `${folder}/nats/nats.conf on mainpc differs from what was deployed (changed by hand): up will replace it`,
      ]);
      const triggers = (name: string) => namedResource(resources, name).inputs.triggers;
      expect(triggers("mainpc-nats-conf-write")).toEqual([expect.stringMatching(/^changed by hand at /)]);
      expect(triggers("mainpc-hub-config-write")).toBeUndefined();
    },
  );

  it("is previewed all the same when the machine cannot be asked, with a warning that says why and what to do", async () => {
    vi.stubEnv("SSH_AUTH_SOCK", undefined);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { resources } = await deploy("mainpc", { ...here(), docker: { socket: "" } }, true);
    expect(resources).toHaveLength(35);
    expect(warnings.mock.calls.join()).toMatch(/^no ssh-agent runs: SSH_AUTH_SOCK is not set\n {2}→ .*ssh-add/);
  });

  it("is not put up when the machine cannot be asked, and no resource is declared", async () => {
    vi.stubEnv("SSH_AUTH_SOCK", undefined);
    onTestFinished(() => void vi.unstubAllEnvs());
    const recorded = await recordResources("mainpc", { ...here(), docker: { socket: "" } });
    vi.resetModules();
    await expect(import("../index.ts")).rejects.toThrow(/^no ssh-agent runs: SSH_AUTH_SOCK is not set\n {2}→ /);
    expect(recorded).toEqual([]);
  });

  const here = (): Record<string, unknown> => ({
    ...stackValues("mainpc"),
    docker: { socket: "unix:///var/run/docker.sock" },
    paths: { config: folder, data: `${folder}/data` },
  });
});

/** @param look a preview that asks the machine; else an up that does not, since it is at an address of the documentation */
async function deploy(stack: string, config = stackValues(stack), look = false): Promise<Deployed> {
  const resources = await recordResources(stack, config, [], look);
  vi.resetModules();
  if (!look) vi.doMock("../components/first-look.ts", () => ({ firstLook: async () => undefined }));
  const exported: Record<string, pulumi.Output<string> | string | readonly string[] | undefined> = await import(
    "../index.ts"
  ).finally(() => vi.doUnmock("../components/first-look.ts"));
  // The engine leaves out what is undefined.
  const entries = Object.entries(exported).flatMap(([key, value]) =>
    value === undefined ? [] : [(async () => [key, pulumi.Output.isInstance(value) ? await promised(value) : value])()],
  );
  const outputs = Object.fromEntries(await Promise.all(entries));
  // Not all resources are waited for by an output.
  await pulumi.runtime.disconnect();
  return { resources, outputs };
}

function resourcesOf(stack: Stack): Recorded[] {
  return deployed.get(stack)?.resources ?? [];
}

function outputsOf(stack: Stack): Record<string, unknown> {
  return deployed.get(stack)?.outputs ?? {};
}

function named(stack: Stack, name: string): Recorded {
  return namedResource(resourcesOf(stack), name);
}

function containerOf(stack: Stack, part: string): Recorded {
  return named(stack, ["hub", "router"].includes(part) ? `tandem-${stack}-${part}` : `${stack}-${part}-container`);
}

function byName(a: Recorded, b: Recorded): number {
  return `${a.type} ${a.name}`.localeCompare(`${b.type} ${b.name}`);
}
