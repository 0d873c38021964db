import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { storeProgram } from "../../../ops/deploy/archive.ts";
import { MachineRun, type Shared, type Task } from "../../../ops/deploy/machine-run.ts";
import { contradictionOf, waysBackOf } from "../../../ops/deploy/way-back.ts";
import { deployment } from "./deployment.ts";
import { localPlaces } from "./local-place.ts";

describe("a machine's part of a deployment", () => {
  it("says that it was interrupted while it was settled, so that no other machine is begun", async () => {
    const { places, remove } = localPlaces("pc2");
    onTestFinished(remove);
    const [place] = places;
    const controller = new AbortController();
    const shared = { signal: controller.signal, notes: [], verified: new Set(), say() {} } as unknown as Shared; // all that settle reads
    const task = { place, plan: { moves: [] }, record: deployment() } as unknown as Task; // as above
    const settle = () => new MachineRun(task, shared).carryOut({ do: "settle", machine: "pc2", way: "forward" });
    expect(await settle()).toEqual({ type: "done" });
    controller.abort();
    expect(await settle()).toEqual({ type: "interrupted" });
  });

  it("is not undone by a program that nobody else vouches for, and says how to go on", async () => {
    const { places, folder, remove } = localPlaces("pc2", "mainpc");
    onTestFinished(remove);
    vi.stubEnv("XDG_CACHE_HOME", join(folder, "cache"));
    onTestFinished(() => void vi.unstubAllEnvs());
    const [place = expect.unreachable()] = places;
    await storeProgram(place, 1, Buffer.from("no archive"));
    const { signal } = new AbortController();
    const said: string[] = [];
    const say = (line: string) => void said.push(line);
    const kept = [deployment({ number: 1 })];
    const task = { place, plan: { moves: [] }, kept, record: deployment({ number: 2 }) } as unknown as Task; // all that it reads before
    const waysBack = await waysBackOf([task], { all: places, siteFolder: folder, say });
    expect(said).toEqual([
      expect.stringMatching(/^pc2 cannot be brought back by itself .*: the program of deployment 1 /),
    ]);
    expect(contradictionOf(waysBack)).toBeUndefined();
    const shared = { signal, waysBack, siteFolder: folder, say } as unknown as Shared; // as above
    expect(await new MachineRun(task, shared).carryOut({ do: "up", machine: "pc2", way: "back" })).toEqual({
      type: "failed",
      why: expect.stringMatching(/^the program of deployment 1 that pc2 keeps is not run.*\n {2}→ .*--unvouched$/),
    });
  });
});
