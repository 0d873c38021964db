import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { supervisedLabel } from "../../../hub/core/supervisor/label.ts";
import { createLog } from "../../../hub/io/log.ts";
import { monoMs } from "../../../hub/io/mono-clock.ts";
import type { SupervisorConfigInput } from "../../../hub/supervisor/config.ts";
import { SupervisorConfig } from "../../../hub/supervisor/config.ts";
import { DockerEngine } from "../../../hub/supervisor/docker-engine.ts";
import { SupervisorMetrics } from "../../../hub/supervisor/metrics.ts";
import { Supervisor } from "../../../hub/supervisor/supervisor.ts";
import { until } from "../../support/until.ts";
import { type EngineContainer, EngineServer } from "./engine-server.ts";

const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "tandem-engine-"));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const container = (Id: string, label: string | undefined, State: EngineContainer["State"]): EngineContainer => ({
  Id,
  State,
  Labels: label === undefined ? { other: "1" } : { [supervisedLabel]: label },
});

async function engine(containers: EngineContainer[]) {
  const server = new EngineServer(containers);
  const socket = join(scratch(), "docker.sock");
  await server.listen(socket);
  ends.push(() => server.close());
  return { server, socket };
}

async function supervisor(
  socket: string,
  more: Partial<SupervisorConfigInput> = {},
  print: (line: string) => void = () => {},
  asleepMs?: () => number,
): Promise<Supervisor> {
  const folder = scratch();
  const config = SupervisorConfig.parse({
    v: 1,
    machine: "pc2",
    socket: join(folder, "s.sock"),
    stateFile: join(folder, "epochs.json"),
    docker: { socket },
    ...more,
  });
  const made = new Supervisor(config, new SupervisorMetrics("test"), createLog("pc2", print), asleepMs);
  ends.push(() => made.stop());
  await made.start();
  return made;
}

describe("calls of the engine", { timeout: 60_000 }, () => {
  it("only containers of this machine's label are seen, in whatever state", async () => {
    const { socket } = await engine([
      container("a1", "pc2/Chat", "created"),
      container("a2", "pc2/Plan", "running"),
      container("a3", "mainpc/Goal", "running"),
      container("a4", undefined, "running"),
      container("a5", "pc2/Paused", "paused"),
    ]);
    const seen = await new DockerEngine(socket, "pc2").look();
    expect(Object.fromEntries(seen)).toEqual({ Chat: false, Plan: true, Paused: true });
  });

  it("a stop by a moment says how many whole seconds are left, and 0 when less than one is", async () => {
    const { socket, server } = await engine([
      container("a1", "pc2/Chat", "running"),
      container("a2", "pc2/Plan", "running"),
      container("a3", "pc2/Goal", "running"),
    ]);
    const docker = new DockerEngine(socket, "pc2");
    await docker.stop("Chat", monoMs() + 100_900);
    await docker.stop("Plan", monoMs() + 10);
    await docker.stop("Goal", null);
    expect(server.calls[0]).toMatch(/^POST \/containers\/a1\/stop\?t=(9\d|100)$/);
    expect(server.calls.slice(1)).toEqual(["POST /containers/a2/stop?t=0", "POST /containers/a3/stop"]);
  });

  it("a start without a container of the label, or with two of it, is refused without a call", async () => {
    const { socket, server } = await engine([
      container("a1", "pc2/Twice", "created"),
      container("a2", "pc2/Twice", "created"),
      container("a3", "mainpc/Chat", "created"),
    ]);
    const docker = new DockerEngine(socket, "pc2");
    await expect(docker.start("Chat")).rejects.toThrow("no container has the label tandem.supervised=pc2/Chat");
    await expect(docker.start("Twice")).rejects.toThrow("2 containers have the label");
    expect(server.calls).toEqual([]);
  });

  it("the engine's own words are the reason of a failure", async () => {
    const { socket, server } = await engine([container("a1", "pc2/Chat", "created")]);
    server.refusal = "no space left on device";
    await expect(new DockerEngine(socket, "pc2").start("Chat")).rejects.toThrow(
      "the engine refused with 500: no space left on device",
    );
  });
});

describe("a supervisor with an engine", { timeout: 60_000 }, () => {
  it("starts and stops by word, stops what ran without one, and touches nothing else", async () => {
    const { socket, server } = await engine([
      container("a1", "pc2/Chat", "exited"),
      container("a2", "pc2/Plan", "running"),
      container("a3", "mainpc/Goal", "running"),
      container("a4", undefined, "running"),
    ]);
    const states = () => server.containers.map(({ State }) => State).join();
    const made = await supervisor(socket);
    await until("the stop of Plan", () => states() === "exited,exited,running,running");
    await made.put([{ service: "Chat", epoch: 3, run: true, untilMonoMs: null }]);
    await until("the start of Chat", () => states() === "running,exited,running,running");
    await made.put([{ service: "Chat", epoch: 4, run: false, untilMonoMs: null }]);
    await until("the stop of Chat", () => states() === "exited,exited,running,running");
    expect(server.calls).toEqual(["POST /containers/a2/stop", "POST /containers/a1/start", "POST /containers/a1/stop"]);
  });

  it("stops what ran on a lease of ten minutes after the machine has slept for an hour, before any word", async () => {
    const { socket, server } = await engine([container("a1", "pc2/Chat", "exited")]);
    let sleptMs = 0;
    const made = await supervisor(
      socket,
      {},
      () => {},
      () => sleptMs,
    );
    await made.put([{ service: "Chat", epoch: 3, run: true, untilMonoMs: monoMs() + 600_000 }]);
    await until("the start", () => server.containers[0]?.State === "running");
    sleptMs = 3_600_000;
    await until("the stop", () => server.containers[0]?.State === "exited");
    expect(server.calls).toEqual(["POST /containers/a1/start", "POST /containers/a1/stop?t=0"]);
  });

  it("leaves containers running when it ends itself, and lets them run at its next start when no lease bounds them", async () => {
    const { socket, server } = await engine([container("a1", "pc2/Chat", "exited")]);
    const stateFile = join(scratch(), "epochs.json");
    const first = await supervisor(socket, { stateFile });
    await first.put([{ service: "Chat", epoch: 3, run: true, untilMonoMs: null }]);
    await until("the start", () => server.containers[0]?.State === "running");
    await first.stop();
    const second = await supervisor(socket, { stateFile });
    await until("its being seen", () => second.services()[0]?.running);
    expect(second.services()).toMatchObject([{ service: "Chat", epoch: 3, run: true, running: true }]);
    expect(server.calls).toEqual(["POST /containers/a1/start"]);
  });

  it("a stop that overtakes a start has stopped nothing before that start has ended, and stops what it started", async () => {
    const { socket, server } = await engine([container("a1", "pc2/Chat", "created")]);
    const printed: string[] = [];
    const made = await supervisor(socket, {}, (line) => printed.push(line));
    const said = (event: string) => printed.some((line) => line.includes(event));
    server.startsWait = true;
    await made.put([{ service: "Chat", epoch: 3, run: true, untilMonoMs: null }]);
    await until("the call to start", () => server.calls.includes("POST /containers/a1/start"));
    await made.put([{ service: "Chat", epoch: 4, run: false, untilMonoMs: null }]);
    // The stop has looked by now, and so has the supervisor itself.
    const looked = server.lists + 3;
    await until("more looks", () => server.lists >= looked);
    expect(said("supervisor.stopped")).toBe(false);
    server.carryOn();
    await until("the end of the stop", () => said("supervisor.stopped"));
    expect(server.containers[0]?.State).toBe("exited");
    expect(server.calls).toEqual(["POST /containers/a1/start", "POST /containers/a1/stop"]);
  });

  it("takes words while the engine is gone, and carries them out when it is back", async () => {
    const folder = scratch();
    const made = await supervisor(join(folder, "docker.sock"));
    await made.put([{ service: "Chat", epoch: 3, run: true, untilMonoMs: null }]);
    await until("a reason", () => made.services()[0]?.problem.includes("ENOENT"));
    const server = new EngineServer([container("a1", "pc2/Chat", "created")]);
    await server.listen(join(folder, "docker.sock"));
    ends.push(() => server.close());
    await until("the start", () => server.containers[0]?.State === "running", 40_000);
    await until("no reason", () => made.services()[0]?.problem === "");
  });
});

const dockerSocket = "/var/run/docker.sock";

/** A local image that has a shell; nothing is fetched for it. */
function imageHere(): string | undefined {
  if (!existsSync(dockerSocket)) return undefined;
  try {
    const images = execFileSync("docker", ["images", "--format", "{{.Repository}}:{{.Tag}}"], {
      encoding: "utf8",
      timeout: 20_000,
      stdio: ["ignore", "pipe", "ignore"],
    });
    return images.split("\n").find((image) => /^(tandem-lab\/(common|debian)|debian|busybox|alpine):/.test(image));
  } catch {
    return undefined;
  }
}

const image = imageHere();
if (image === undefined)
  process.stdout.write(
    "skipped: the supervisor on a real engine, since none answers here or it has no image with a shell\n",
  );

it.skipIf(image === undefined)(
  "a real engine's container is started by a word and stopped at the end of its lease",
  { timeout: 120_000 },
  async () => {
    const name = `tandem-supervised-${process.pid}`;
    // Another machine's name in the label, so that no supervisor that runs here takes it for its own.
    const machine = `test-${process.pid}`;
    const run = (...args: string[]) => execFileSync("docker", args, { encoding: "utf8", timeout: 60_000 }).trim();
    run(
      "create",
      "--name",
      name,
      "--label",
      `${supervisedLabel}=${machine}/Chat`,
      "--restart",
      "no",
      "--network",
      "none",
      image ?? "",
      "sh",
      "-c",
      "sleep 600",
    );
    ends.push(() => run("rm", "--force", name));
    const runs = () => run("inspect", "--format", "{{.State.Running}}", name) === "true";
    const made = await supervisor(dockerSocket, { machine });
    await made.put([{ service: "Chat", epoch: 3, run: true, untilMonoMs: monoMs() + 20_000 }]);
    await until("the container's start", runs);
    await made.put([{ service: "Chat", epoch: 3, run: true, untilMonoMs: monoMs() + 3_000 }]);
    await until("the container's end", () => !runs(), 60_000);
    await until("its being seen", () => made.services()[0]?.running === false);
  },
);
