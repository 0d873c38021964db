import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { Agent, type AgentArgs } from "../../components/agent.ts";
import type { Reach } from "../../components/reach.ts";
import { uidOf } from "../../fleet/container.ts";
import { named, promised, recordResources, settled } from "./recorder.ts";
import { sampleAgent, standby } from "./sample-agent.ts";

const reach: Reach = { kind: "local", socket: "unix:///var/run/docker.sock" };

describe("an Agent at home", () => {
  it("has registered every resource below it, and is a container with the agent's own name", async () => {
    const { recorded, names, container } = await made({ agent: sampleAgent("Tutor", "pc2") });
    expect(names.toSorted()).toEqual(recorded.map(({ name }) => name).toSorted());
    expect(container).toBe("Tutor");
  });

  it("is bounded and hardened, runs for good, and is nobody else's user", async () => {
    const agent = sampleAgent("Tutor", "pc2", {}, { cpus: 1.5, stopGraceSeconds: 30 });
    const { inputs } = await made({ agent });
    const user = `${uidOf("Tutor", {})}:${uidOf("Tutor", {})}`;
    expect(inputs).toMatchObject({
      image: "sha256:of-tutor:1",
      command: ["--port=6000"],
      networkMode: "host",
      user,
      readOnly: true,
      privileged: false,
      tmpfs: { "/tmp": "rw,noexec,nosuid,nodev,size=64m" },
      capabilities: { drops: ["ALL"] },
      securityOpts: ["no-new-privileges:true"],
      memory: 256,
      memorySwap: 256,
      cpus: "1.5",
      ulimits: [{ name: "nproc", soft: 1_024, hard: 1_024 }, { name: "nofile" }, { name: "core", soft: 0, hard: 0 }],
      restart: "unless-stopped",
      stopSignal: "SIGTERM",
      stopTimeout: 30,
      destroyGraceSeconds: 30,
      logDriver: "json-file",
      logOpts: { "max-size": "10m", "max-file": "5" },
    });
    for (const absent of ["gpus", "envs", "devices", "ports", "entrypoints"])
      expect(inputs[absent], absent).toBeUndefined();
  });

  it("says what a supervisor finds it by, and to policies that it has no health check", async () => {
    const { labels } = await made({ agent: sampleAgent("Tutor", "pc2", { mode: "notify" }) });
    expect(labels).toEqual({
      "tandem.exception": "asked-by-the-hub",
      "tandem.machine": "pc2",
      "tandem.service": "Tutor",
      "tandem.role": "home",
      "tandem.mode": "notify",
    });
  });

  it("is waited for when it has a health check, and not when its image has nothing to ask with", async () => {
    const check = ["/app/healthy"];
    const { inputs } = await made({ agent: sampleAgent("Tutor", "pc2", {}, { healthcheck: check }) });
    expect(inputs).toMatchObject({ wait: true, waitTimeout: 60, healthcheck: { tests: ["CMD", ...check] } });
    const { inputs: without } = await made({ agent: sampleAgent("Tutor", "pc2") });
    expect([without.wait, without.healthcheck]).toEqual([undefined, undefined]);
  });

  it("is waited for 60 s by default, and where it may take 150 s to start for 30 s more than that", async () => {
    const healthcheck = ["/app/healthy"];
    const waited = async (more: object) => {
      const agent = sampleAgent("Tutor", "pc2", {}, { healthcheck, ...more });
      const { waitTimeout, healthcheck: check } = (await made({ agent })).inputs;
      return [Object(check).startPeriod, waitTimeout];
    };
    expect(await waited({})).toEqual(["10s", 60]);
    expect(await waited({ startSeconds: 150 })).toEqual(["2m30s", 180]);
    expect(await waited({ startSeconds: 600 })).toEqual(["10m0s", 630]);
  });

  it("that may move is started once, and from then on whoever moves it decides", async () => {
    const { inputs } = await made({ agent: sampleAgent("Tutor", "pc2", { mode: "cold", standby }) });
    expect(inputs).toMatchObject({ mustRun: false, restart: "unless-stopped" });
    expect(inputs.start).toBeUndefined();
    const { inputs: staying } = await made({ agent: sampleAgent("Tutor", "pc2") });
    expect(staying.mustRun).toBeUndefined();
  });

  it("has its logs and its data in directories of its own, and the models read-only", async () => {
    const agent = sampleAgent("Tutor", "pc2", {}, { data: "/app/data", models: true, gpu: true });
    const { inputs } = await made({ agent, models: "/srv/models", dataDirectory: "/data/agents" });
    expect(inputs.mounts).toEqual([
      { type: "bind", source: "/data/agents/Tutor/logs", target: "/app/logs" },
      { type: "bind", source: "/etc/tandem/hubs/Tutor", target: "/run/tandem", readOnly: true },
      { type: "bind", source: "/data/agents/Tutor/data", target: "/app/data" },
      { type: "bind", source: "/srv/models", target: "/models", readOnly: true },
    ]);
    expect(inputs.gpus).toBe("all");
  });

  it("reads its hub file in a directory of its own, which root alone writes and its own group alone reads", async () => {
    const { recorded, inputs } = await made({ agent: sampleAgent("Tutor", "pc2"), hubsDirectory: "/conf/hubs" });
    expect(inputs.mounts).toContainEqual({
      type: "bind",
      source: "/conf/hubs/Tutor",
      target: "/run/tandem",
      readOnly: true,
    });
    expect(named(recorded, "a-hubs-make").inputs.create).toContain(
      `install -d -m 0750 -o 0 -g ${uidOf("Tutor", {})} '/conf/hubs/Tutor'`,
    );
  });

  it("reads the 2 secrets that it names from files, and gets no other", async () => {
    const agent = sampleAgent("Tutor", "pc2", {}, { secrets: ["TOKEN", "KEY"] });
    const secrets = { TOKEN: pulumi.secret("t-0123"), KEY: "k-4567", OTHER: "o-89" };
    const { recorded, inputs } = await made({ agent, secrets });
    expect(inputs.mounts).toContainEqual({
      type: "bind",
      source: "/etc/tandem/secrets/agents/Tutor",
      target: "/run/secrets",
      readOnly: true,
    });
    for (const [name, value] of Object.entries({ TOKEN: "t-0123", KEY: "k-4567" })) {
      const file = named(recorded, `a-secret-${name}-write`);
      expect(file.secrets).toContain("stdin");
      expect(String(file.inputs.stdin)).toContain(`${value}\n`);
      expect(String(file.inputs.create)).toContain(`chown ${uidOf("Tutor", {})}:`);
    }
    const others = recorded.map((resource) => ({ ...resource.inputs, stdin: "" }));
    expect(JSON.stringify(others)).not.toMatch(/t-0123|k-4567|o-89/);
    expect(JSON.stringify(recorded)).not.toContain("o-89");
  });

  it("is refused without its secret, its models, its memory or its container", async () => {
    await recordResources("pc2");
    const refused = (agent: AgentArgs["agent"]) => () => new Agent("a", { machine: "pc2", reach, agent });
    expect(refused(sampleAgent("Tutor", "pc2", {}, { secrets: ["TOKEN"] }))).toThrow(
      "pc2/Tutor reads the secret TOKEN",
    );
    expect(refused(sampleAgent("Tutor", "pc2", {}, { models: true }))).toThrow("pc2/Tutor loads models");
    expect(refused(sampleAgent("Tutor", "pc2", { memoryMb: undefined }))).toThrow("needs container and memoryMb");
    expect(refused(sampleAgent("Tutor", "pc2", { container: undefined }))).toThrow("needs container and memoryMb");
  });
});

describe("an Agent standing by", () => {
  const stands = (mode: "warm" | "cold", container = {}) =>
    made({ machine: "mainpc", role: "standby", agent: sampleAgent("Tutor", "pc2", { mode, standby }, container) });

  it("cold, is created stopped, with the standby's ports, and neither Docker nor a later up starts it", async () => {
    const { inputs, labels, container } = await stands("cold", { healthcheck: ["/app/healthy"] });
    expect(container).toBe("Tutor-standby");
    expect(inputs).toMatchObject({ start: false, mustRun: false, restart: "no", command: ["--port=12000"] });
    expect(inputs.healthcheck).toMatchObject({ tests: ["CMD", "/app/healthy"] });
    expect(inputs.wait).toBeUndefined();
    expect(labels).toMatchObject({ "tandem.machine": "mainpc", "tandem.role": "standby", "tandem.mode": "cold" });
  });

  it("has the directory of its hub file apart from that of an agent at home", async () => {
    const { recorded, inputs } = await stands("cold");
    const source = "/etc/tandem/hubs/Tutor-standby";
    expect(inputs.mounts).toContainEqual({ type: "bind", source, target: "/run/tandem", readOnly: true });
    expect(named(recorded, "a-hubs-make").inputs.create).toContain(`'${source}'`);
  });

  it("warm, runs and comes back after a failure", async () => {
    const { inputs } = await stands("warm");
    expect(inputs).toMatchObject({ mustRun: false, restart: "unless-stopped" });
    expect(inputs.start).toBeUndefined();
  });

  it("is refused for an agent without a standby", async () => {
    await recordResources("mainpc");
    const args = { machine: "mainpc", reach, role: "standby" as const, agent: sampleAgent("Tutor", "pc2") };
    expect(() => new Agent("a", args)).toThrow("pc2/Tutor has no standby");
  });
});

async function made(args: Partial<AgentArgs> & Pick<AgentArgs, "agent">) {
  const recorded = await recordResources("pc2");
  const agent = new Agent("a", { machine: "pc2", reach, ...args });
  const names = await settled(agent);
  const { inputs } = named(recorded, "a-container");
  const pairs: { label: string; value: string }[] = Object(inputs.labels);
  const labels = Object.fromEntries(pairs.map(({ label, value }) => [label, value]));
  return { recorded, names, inputs, labels, container: await promised(agent.container) };
}
