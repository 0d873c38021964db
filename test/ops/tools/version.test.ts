import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { askVersion, formatVersion, isAtLeast, parseVersion } from "../../../ops/tools/version.ts";
import { executable, temporaryFolder } from "./scratch.ts";

describe("reading versions", () => {
  it.each([
    ["nats-server: v2.12.3", "2.12.3"],
    ["pushgateway, version 1.5.1 (branch: debian/sid, revision: 1.5.1-2+b5)", "1.5.1"],
    ["Chromium 156.0.8078.79 built on Debian", "156.0.8078"],
    ["go version go1.19 linux/amd64", "1.19.0"],
    ["nats-server: v2.12.4-RC.5", "2.12.4"],
  ])("finds it in %j", (text, version) => {
    expect(formatVersion(parseVersion(text) ?? [0, 0, 0])).toBe(version);
  });

  it("finds none where there is no dotted number", () => {
    expect(parseVersion("version 7, unstable")).toBeUndefined();
  });

  it("takes 2.10.0 and 2.12.3 for at least 2.10.0, but not 2.9.10", () => {
    expect(
      [[2, 10, 0] as const, [2, 12, 3] as const, [2, 9, 10] as const].map((one) => isAtLeast(one, [2, 10, 0])),
    ).toEqual([true, true, false]);
  });
});

describe("asking a program", () => {
  it("hears an answer on stderr too, where Pushgateway 1.5 gives it", async () => {
    const path = executable(join(temporaryFolder(), "gateway"), 'echo "gateway, version 1.5.1" >&2');
    expect(await askVersion(path)).toEqual([1, 5, 1]);
  });

  it("names the program that fails, and the one that names no version", async () => {
    const folder = temporaryFolder();
    const failing = executable(join(folder, "failing"), "exit 3");
    const silent = executable(join(folder, "silent"), "true");
    await expect(askVersion(failing)).rejects.toThrow(`${failing} --version failed`);
    await expect(askVersion(silent)).rejects.toThrow(`${silent} --version names no version`);
    await expect(askVersion(join(folder, "absent"))).rejects.toThrow("ENOENT");
  });
});
