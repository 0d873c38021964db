import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { HubFile, hubFileName, renderHubFile } from "../../../fleet/hub-file.ts";
import { longestSocketPathBytes } from "../../../hub/io/unix-socket.ts";
import { registerAgent } from "../../../ops/agent.ts";
import { OperatorError } from "../../../ops/error.ts";
import { controlSocketPath } from "../../../ops/local/agents/config.ts";
import { until } from "../../support/until.ts";
import { dataFolder, rememberingHub, someAgents, startProcess, writeConfig } from "./process.ts";

/** Runs `tandem agent …`; gives what it printed, or throws what it threw. */
async function agent(data: string, ...args: string[]): Promise<string> {
  let printed = "";
  const write = vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    printed += chunk;
    return true;
  });
  try {
    const program = new Command().exitOverride();
    registerAgent(program);
    await program.parseAsync(["agent", ...args, "--data", data], { from: "user" });
  } finally {
    write.mockRestore();
  }
  return printed;
}

async function refusal(data: string, ...args: string[]): Promise<OperatorError> {
  const error = await agent(data, ...args).catch((thrown: unknown) => thrown);
  if (!(error instanceof OperatorError)) throw new Error(`expected a refusal, got ${String(error)}`);
  return error;
}

/** A host with 2 agents on mainpc, the standby of a pilot on mainpc, and its home on pc2 that is not running. */
async function smallRun(): Promise<string> {
  const data = dataFolder();
  const agents = await someAgents(["TaskRouter", "zmq"], ["CacheManager", "http"]);
  const [pilot, standby] = await someAgents(["ResourceManager", "zmq"], ["ResourceManager", "zmq"]);
  if (pilot === undefined || standby === undefined) throw new Error("two were asked for");
  const processes = [
    startProcess("host.ts", writeConfig(data, "agents", { agents })),
    startProcess(
      "pilot.ts",
      writeConfig(data, "pilot-ResourceManager", { agents: [{ ...standby, standbyOf: "pc2" }] }),
    ),
  ];
  writeConfig(data, "pilot-ResourceManager", { machine: "pc2", agents: [pilot] });
  await Promise.all(processes.map((running) => running.ready));
  return data;
}

describe("tandem agent", () => {
  it("lists all 4 agents with their processes, the one that is not running too", async () => {
    const data = await smallRun();
    const { agents } = JSON.parse(await agent(data, "list", "--json"));
    expect(agents).toMatchObject([
      { machine: "mainpc", process: "agents", name: "TaskRouter", fault: { kind: "none" } },
      { machine: "mainpc", process: "agents", name: "CacheManager" },
      { machine: "mainpc", process: "pilot-ResourceManager", standbyOf: "pc2", fault: { kind: "none" } },
      { machine: "pc2", process: "pilot-ResourceManager", pid: null, fault: null },
    ]);
    const lines = (await agent(data, "list")).trimEnd().split("\n");
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^mainpc\/TaskRouter {2,}no fault {2,}agents pid \d+ {2,}port \d+, zmq \d+, http \d+$/);
    expect(lines[3]).toMatch(/^pc2\/ResourceManager {2,}not running/);
    expect((await agent(data, "list", "--machine", "pc2")).trimEnd().split("\n")).toHaveLength(1);
  });

  it("crashes, hangs, slows, makes faulty or stubborn, and heals the named agent", async () => {
    const data = await smallRun();
    expect(await agent(data, "crash", "TaskRouter")).toBe("mainpc/TaskRouter: crashed\n");
    expect(await agent(data, "hang", "TaskRouter")).toBe("mainpc/TaskRouter: hung\n");
    expect(await agent(data, "faulty", "TaskRouter")).toBe("mainpc/TaskRouter: says error: failing by command\n");
    expect(await agent(data, "error-page", "TaskRouter")).toBe(
      "mainpc/TaskRouter: serves an error page for its metrics\n",
    );
    const degraded = await agent(data, "faulty", "TaskRouter", "--degraded", "--message", "slow disk", "--json");
    expect(JSON.parse(degraded)).toMatchObject({
      machine: "mainpc",
      name: "TaskRouter",
      fault: { kind: "faulty", status: "degraded", message: "slow disk" },
    });
    expect(await agent(data, "slow", "TaskRouter")).toBe("mainpc/TaskRouter: answers for its health 300 ms late\n");
    expect(await agent(data, "slow", "TaskRouter", "--ms", "20")).toContain(" 20 ms late");
    await expect(agent(data, "slow", "TaskRouter", "--ms", "soon")).rejects.toThrow("a whole number of ms above 0");
    expect(await agent(data, "stubborn", "TaskRouter")).toBe("mainpc/TaskRouter: does not read its hub file\n");
    expect(await agent(data, "heal", "TaskRouter")).toBe("mainpc/TaskRouter: no fault\n");
  });

  it("shows beside an agent the hub file that it follows, and nothing beside one without", async () => {
    const data = dataFolder();
    const [hub, agents] = [await rememberingHub(), await someAgents(["TaskRouter", "http"], ["CacheManager", "http"])];
    const hubsDirectory = join(data, "mainpc", "hubs");
    const file = HubFile.parse({
      v: 1,
      agent: "TaskRouter",
      machine: "mainpc",
      revision: 4,
      stage: "shadow",
      primary: { name: "mainpc", url: hub.url },
      fallback: { name: "pc2", url: hub.url },
    });
    mkdirSync(join(hubsDirectory, "TaskRouter"), { recursive: true });
    writeFileSync(join(hubsDirectory, "TaskRouter", hubFileName), renderHubFile(file));
    await startProcess("host.ts", writeConfig(data, "agents", { agents, hubsDirectory })).ready;
    await until("a push", () => hub.pushes.length > 1);
    const lines = (await agent(data, "list")).trimEnd().split("\n");
    expect(lines[0]).toMatch(/ {2}shadow, revision 4, hub mainpc takes its pushes$/);
    expect(lines[1]).toMatch(/http \d+$/);
    expect(JSON.parse(await agent(data, "list", "--json")).agents).toMatchObject([
      { hubFile: { revision: 4, stage: "shadow", hub: "mainpc" } },
      { hubFile: null },
    ]);
  });

  it("takes a name for the agent itself, and its standby only with --machine", async () => {
    const data = await smallRun();
    expect(await refusal(data, "crash", "ResourceManager")).toMatchObject({
      code: "agent.stopped",
      message: "pc2/ResourceManager is not running (process pilot-ResourceManager)",
    });
    expect(await agent(data, "crash", "ResourceManager", "--machine", "mainpc")).toBe(
      "mainpc/ResourceManager: crashed\n",
    );
  });

  it("names the nearest agents for one that does not exist", async () => {
    const data = await smallRun();
    expect(await refusal(data, "crash", "TaskRuter")).toMatchObject({
      code: "agent.unknown",
      next: "Did you mean TaskRouter?",
    });
    expect((await refusal(data, "crash", "manager")).next).toBe("Did you mean CacheManager or ResourceManager?");
    expect((await refusal(data, "crash", "Zzz")).next).toBe("See `tandem agent list`");
    expect(await refusal(data, "crash", "TaskRouter", "--machine", "pc3")).toMatchObject({
      code: "machine.unknown",
      next: "Use one of: mainpc, pc2",
    });
  });

  it("asks which when 2 machines have an agent of that name and neither is a standby", async () => {
    const data = dataFolder();
    writeConfig(data, "agents", { agents: await someAgents(["Twin", "zmq"]) });
    writeConfig(data, "agents", { machine: "pc2", agents: await someAgents(["Twin", "zmq"]) });
    expect(await refusal(data, "heal", "Twin")).toMatchObject({
      code: "agent.ambiguous",
      next: "Say which: --machine mainpc or --machine pc2",
    });
  });

  it("says what to do where no agents are configured", async () => {
    const data = dataFolder();
    expect(await refusal(data, "list")).toMatchObject({
      code: "agents.none",
      message: `No agents are configured in ${data}`,
    });
  });
});

describe("the control socket's path", () => {
  it.each([
    ["linux", 107],
    ["darwin", 103],
  ])(
    "on %s stands in the machine's folder up to %i bytes, and under the temporary folder from then on",
    (platform, most) => {
      const longestBytes = longestSocketPathBytes(platform);
      const rest = Buffer.byteLength("/srv//pc2/agents.sock");
      const at = (bytes: number) =>
        controlSocketPath(`/srv/${"d".repeat(bytes - rest)}`, "pc2", "agents", longestBytes);
      expect(at(most)).toMatch(/^\/srv\/d+\/pc2\/agents\.sock$/);
      expect(at(most + 1)).toMatch(/tandem-[0-9a-f]{16}\.sock$/);
    },
  );

  it("is another one for each folder and process, however long their paths are", () => {
    expect(controlSocketPath("/srv/data", "pc2", "pilot-Tutor")).toBe("/srv/data/pc2/pilot-Tutor.sock");
    const long = controlSocketPath(`/srv/${"d".repeat(100)}`, "pc2", "agents");
    expect(long).toMatch(/tandem-[0-9a-f]{16}\.sock$/);
    expect(long).not.toBe(controlSocketPath(`/srv/${"d".repeat(101)}`, "pc2", "agents"));
  });

  it("is found through the config when the data folder's own path is 150 bytes long", async () => {
    const data = `${dataFolder()}/${"d".repeat(120)}`;
    const running = startProcess("host.ts", writeConfig(data, "agents", { agents: await someAgents(["Deep", "zmq"]) }));
    onTestFinished(async () => {
      running.child.kill("SIGTERM");
      await running.ended;
    });
    await running.ready;
    expect(await agent(data, "hang", "Deep")).toBe("mainpc/Deep: hung\n");
  });
});
