import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { monoMs } from "../../../hub/io/mono-clock.ts";
import { until } from "../../support/until.ts";
import { isAlive, SupervisorSide } from "./supervisor-process.ts";

let side: SupervisorSide | undefined;
afterEach(() => side?.remove());

async function started(): Promise<SupervisorSide> {
  side = new SupervisorSide();
  await side.start();
  return side;
}

function get(socketPath: string, path: string): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode, text }));
    });
    asked.on("error", reject).end();
  });
}

describe("words", { timeout: 60_000 }, () => {
  it("one that says run starts the process, one that says not to stops it, and the socket is its owner's alone", async () => {
    const at = await started();
    expect(statSync(at.socket).mode & 0o777).toBe(0o600);
    expect(await at.put("Chat", 3, true)).toMatchObject({ refused: [], services: [{ service: "Chat", epoch: 3 }] });
    const pid = await at.runs("Chat");
    expect(JSON.parse(readFileSync(at.stateFile, "utf8")).services).toEqual({ Chat: { epoch: 3, goesOn: true } });
    await until("its being seen", () => at.isRunning("Chat"));

    await at.put("Chat", 4, false);
    await at.stopped("Chat");
    await until("its end being seen", async () => !(await at.isRunning("Chat")));
    expect(isAlive(pid)).toBe(false);
  });

  it("one that died is started again", async () => {
    const at = await started();
    await at.put("Chat", 3, true);
    const pid = await at.runs("Chat");
    process.kill(pid, "SIGKILL");
    const next = await until("another process", () => at.pids("Chat").find((other) => other !== pid && isAlive(other)));
    expect(next).not.toBe(pid);
  });

  it("a service that the config does not name is told so in its view", async () => {
    const at = await started();
    await at.put("Nobody", 3, true);
    const outcome = await until("a problem", async () => {
      const seen = await at.client.services();
      return seen.type === "answer" && seen.answer.services.some(({ problem }) => problem !== "") ? seen : undefined;
    });
    expect(outcome.answer.services[0]?.problem).toBe("the config names neither a process of Nobody nor an engine");
  });

  it("livez and metrics answer, and what is no list of words is refused with 400", async () => {
    const at = await started();
    await at.put("Chat", 3, true);
    await at.runs("Chat");
    expect(await get(at.socket, "/livez")).toEqual({ status: 200, text: "ok\n" });
    await until("the gauge", async () =>
      (await get(at.socket, "/metrics")).text.includes('tandem_supervisor_service_running{service="Chat"} 1'),
    );
    expect((await get(at.socket, "/v1/containers")).status).toBe(404);
    const outcome = await at.client.put([{ service: "", epoch: 1, run: true, untilMonoMs: null }]);
    expect(outcome).toMatchObject({ type: "silent", reason: expect.stringContaining("status 400") });
  });
});

describe("epochs", { timeout: 60_000 }, () => {
  it("epoch 5 is remembered over SIGKILL: epoch 4 is refused then, the process left behind ends, and a child follows with the next word alone", async () => {
    const at = await started();
    await at.put("Chat", 5, true);
    const orphan = await at.runs("Chat");
    await at.end("SIGKILL");
    expect(isAlive(orphan)).toBe(true);

    await at.start();
    await until("the orphan's end", () => !isAlive(orphan));
    expect(await at.put("Chat", 4, true)).toMatchObject({ refused: [{ service: "Chat", epoch: 4, known: 5 }] });
    expect(await at.put("Chat", 4, false)).toMatchObject({ services: [{ service: "Chat", epoch: 5, run: true }] });
    // Two looks of the supervisor.
    await setTimeout(2_000);
    expect(at.pids("Chat")).toEqual([orphan]);
    await at.put("Chat", 5, true);
    await at.runs("Chat");
  });

  it("what ran on a lease is stopped by the next start, which heard no word yet", async () => {
    const at = await started();
    await at.put("Chat", 5, true, 600_000);
    const orphan = await at.runs("Chat");
    await at.end("SIGKILL");
    await at.start();
    await until("the orphan's end", () => !isAlive(orphan));
    expect(await at.isRunning("Chat")).toBe(false);
  });

  it("an epoch that cannot be put on disk starts nothing, and the hub hears of it", async () => {
    const at = await started();
    rmSync(dirname(at.stateFile), { recursive: true });
    await expect(at.put("Chat", 5, true)).rejects.toThrow(/status 500: ENOENT/);
    expect(await at.isRunning("Chat")).toBe(false);
    expect(at.pids("Chat")).toEqual([]);
  });

  it("a damaged file of epochs ends the start, with its path", async () => {
    const at = await started();
    await at.put("Chat", 5, false);
    await at.end("SIGTERM");
    writeFileSync(at.stateFile, '{"v":1,');
    const child = at.spawn();
    expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(69);
    expect(at.printed).toContain(`${at.stateFile} is damaged`);
  });
});

describe("ends", { timeout: 60_000 }, () => {
  it("a lease that nobody renews ends the process, also one that does not hear SIGTERM", async () => {
    const at = await started();
    // Long enough that both have printed their numbers, on a busy machine too.
    const leaseMs = 8_000;
    const untilMs = monoMs() + leaseMs;
    await Promise.all([at.put("Chat", 3, true, leaseMs), at.put("Stubborn", 3, true, leaseMs)]);
    const pids = [await at.runs("Chat"), await at.runs("Stubborn")];
    await until("their ends", () => !pids.some(isAlive));
    // Gone when the lease is over, not only told to go; the rest is for the look at them.
    expect(monoMs()).toBeLessThan(untilMs + 500);
    await until(
      "their ends being seen",
      async () => !(await at.isRunning("Chat")) && !(await at.isRunning("Stubborn")),
    );
  });

  it("SIGTERM ends the supervisor with code 0 and its processes with it", async () => {
    const at = await started();
    await at.put("Chat", 3, true);
    await at.put("Stubborn", 3, true);
    const pids = [await at.runs("Chat"), await at.runs("Stubborn")];
    expect(await at.end("SIGTERM")).toBe(0);
    await until("their ends", () => !pids.some(isAlive));
  });

  it("a second supervisor on the same socket ends before it has stopped anything", async () => {
    const at = await started();
    await at.put("Chat", 3, true);
    const pid = await at.runs("Chat");
    const second = at.spawn();
    expect(await new Promise((resolve) => second.once("exit", resolve))).toBe(69);
    expect(at.printed).toContain(`another process listens on ${at.socket}`);
    expect(isAlive(pid)).toBe(true);
  });
});
