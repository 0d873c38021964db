import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { registerDoctor } from "../../ops/doctor.ts";
import { registerStatus } from "../../ops/status.ts";
import { registerSupport } from "../../ops/support.ts";
import { runCommand } from "../ops/run-command.ts";
import { LocalPair, pushTo } from "../support/local-pair.ts";
import { until } from "../support/until.ts";

const portOffset = 10_700;

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
    expect(after.view.troubles[0]).toContain(`no hub answers at ${pair.mainpc.hub}: `);
    expect((await doctor()).failed).toBeGreaterThan(0);
  }, 180_000);

  it("gives a bundle of it in which none of the secrets is that its files and logs were sown with", async () => {
    const secrets = {
      password: "Tr0ub4dor-and-3",
      seed: `SUA${"ABCDEFGH234567".repeat(4).slice(0, 55)}`,
      pem: "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ",
      token: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJvcHMifQ.c2lnbmF0dXJlLW9mLW9wcw",
      link: "hunter2hunter2",
      passphrase: "correct horse battery staple",
    };
    const pem = `-----BEGIN PRIVATE KEY-----\n${secrets.pem}\n-----END PRIVATE KEY-----`;
    const inMainpc = (...path: string[]) => join(pair.data, "mainpc", ...path);
    appendFileSync(
      inMainpc("logs", "hub.log"),
      `{"msg":"sown","password":"${secrets.password}","key":${JSON.stringify(pem)}}\n`,
    );
    appendFileSync(inMainpc("nats.conf"), `# nkey ${secrets.seed}\n# url nats://ops:${secrets.link}@192.0.2.10:4222\n`);
    writeFileSync(
      inMainpc("logs", "agent.log"),
      `--requirepass ${secrets.password}\nAuthorization: Bearer ${secrets.token}\n${pem}\n`,
    );
    writeFileSync(
      inMainpc("supervisor.json"),
      JSON.stringify({ said: Buffer.from(secrets.passphrase).toString("base64") }),
    );
    process.env.SOWN_PASSPHRASE = secrets.passphrase;
    const out = join(folder, "support.tar.gz");
    try {
      const { code, stderr } = await runCommand(registerSupport, ["support", "--data", pair.data, "--out", out]);
      expect(code, stderr).toBe(0);
    } finally {
      delete process.env.SOWN_PASSPHRASE;
    }
    const all = execFileSync("tar", ["-xzOf", out], { encoding: "utf8", maxBuffer: 64 * 1024 ** 2 });
    for (const secret of Object.values(secrets)) expect(all).not.toContain(secret);
    expect(all).not.toContain(Buffer.from(secrets.passphrase).toString("base64").slice(0, -4));
    expect(all).toContain("pc2/logs/hub.log");
    expect(all).toContain("tandem_in_sync");
    writeFileSync(inMainpc("logs", `${secrets.seed}.log`), "named by a secret\n");
    const refused = join(folder, "refused.tar.gz");
    const again = await runCommand(registerSupport, ["support", "--data", pair.data, "--out", refused]);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("an NKey's seed is in what would be")]);
    expect(again.stderr).not.toContain(secrets.seed);
    expect(existsSync(refused)).toBe(false);
  }, 180_000);
});
