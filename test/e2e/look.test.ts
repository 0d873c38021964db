import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { registerDoctor } from "../../ops/doctor.ts";
import { registerStatus } from "../../ops/status.ts";
import { runCommand } from "../ops/run-command.ts";
import { LocalPair, pushTo } from "../support/local-pair.ts";
import { until } from "../support/until.ts";

const portOffset = 9_200;

describe("a local run of both machines", () => {
  let folder: string;
  let pair: LocalPair;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "tandem-look-"));
    pair = await LocalPair.start(join(folder, "data"), portOffset, "--agents", "none", "--no-restart");
  }, 120_000);
  afterAll(async () => {
    await pair?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const doctor = async () =>
    JSON.parse((await runCommand(registerDoctor, ["doctor", "--data", pair.data, "--json"])).stdout);
  const status = async () => {
    const { code, stdout } = await runCommand(registerStatus, ["status", "--data", pair.data, "--json"]);
    return { code, view: JSON.parse(stdout) };
  };

  it("is well by status and doctor, both Pushgateways included, and by the other hub when one is dead", async () => {
    await until("a well pair", async () => (await status()).code === 0, 60_000);
    expect(await pushTo(pair.mainpc, "kitchen", 21)).toBe("200 peer");
    const found = await doctor();
    expect(found.failed, JSON.stringify(found)).toBe(0);
    const names = found.machines[0].checks.map(({ name }: { name: string }) => name);
    expect(names).toEqual(
      expect.arrayContaining(["versions", "disk", "room", "fsync", "streams", "clock", "Pushgateway"]),
    );

    pair.killMachine(pair.mainpc, "hub");
    await until("the death to be seen", async () =>
      (await status()).view.troubles.some((one: string) => /hub of mainpc is dead/.test(one)),
    );
    const after = await status();
    expect([after.code, after.view.answeredBy.machine]).toEqual([1, "pc2"]);
    expect(after.view.troubles[0]).toBe(`no hub answers at ${pair.mainpc.hub}`);
    expect((await doctor()).failed).toBeGreaterThan(0);
  }, 180_000);
});
