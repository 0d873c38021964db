import { describe, expect, it, vi } from "vitest";
import { hubStreams, mostUnseen, newestOf, removeGroups } from "../../../ops/soak/streams.ts";

const hubs = ["mainpc", "pc2"].map((name) => ({ name, hubUrl: `http://${name}` }));
const load = { hubs, pushesPerSecond: 20, client: "soak-1-4" };

describe("the clients of a soak", () => {
  it("leave out what this computer stood still for, each of them", () => {
    expect(hubStreams(load).every(({ skipLateMs }) => skipLateMs === 1_000)).toBe(true);
  });

  it("can have stored 1,250 numbers twice within 62.5 s of 10 pushes a second, by a try at each of both hubs", () => {
    const most = mostUnseen(load, "soak-1-3", 62_500);
    expect(["soak-1-3-load-pc2", "soak-1-3-push-pc2", "soak-1-2-load-pc2"].map(most)).toEqual([1_250, 126, 0]);
    expect(mostUnseen(load, "soak-1-3", 0)("soak-1-3-load-pc2")).toBe(0);
  });

  it("of the newest start are those with the highest number", () => {
    expect(newestOf(["soak-1-9-load-pc2", "soak-1-10-push-mainpc"], "soak-1")).toBe("soak-1-10");
    expect(newestOf([], "soak-1")).toBe("soak-1-0");
  });

  it("leave their groups behind, and no more than that, when the token cannot be read at the end", async () => {
    vi.stubEnv("TANDEM_PUSH_TOKEN_FILE", "/nowhere/token");
    await expect(removeGroups(hubs)).resolves.toBeUndefined();
    vi.unstubAllEnvs();
  });
});
