import { describe, expect, it, onTestFinished } from "vitest";
import { MachineRun, type Shared, type Task } from "../../../ops/deploy/machine-run.ts";
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
});
