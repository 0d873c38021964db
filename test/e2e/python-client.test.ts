/** The Python example pushes to a pair that asks for tokens and reads from it while a hub is killed, and nothing of what it was told is lost. */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { ask } from "../../ops/client/hub-client.ts";
import { findInPath } from "../../ops/tools/find.ts";
import { BarePair } from "../support/bare-pair.ts";
import { until } from "../support/until.ts";

const Pushed = z.strictObject({
  push: z.number(),
  hub: z.url(),
  replication: z.enum(["peer", "local"]),
  sync: z.string(),
});
const Ledger = z.strictObject({
  ledger: z.array(z.object({ client: z.string(), highest: z.number(), missing: z.number() })),
});

const example = join(import.meta.dirname, "../../docs/examples/pair_client.py");
const [python] = findInPath(["python3"]);
const folder = mkdtempSync(join(tmpdir(), "tandem-e2e-python-"));
const pushes = 40;
const token = "a token of 256 bits, as far as a test needs it";
const tokenFile = join(folder, "push.token");
const pushTokensFile = join(folder, "push.json");
let pair: BarePair;

beforeAll(async () => {
  const sha256 = createHash("sha256").update(token).digest("hex");
  const tokens = [{ name: "the example", sha256, jobs: ["example"] }];
  writeFileSync(tokenFile, `${token}\n`, { mode: 0o600 });
  writeFileSync(pushTokensFile, JSON.stringify({ v: 1, tokens }), { mode: 0o400 });
  pair = await BarePair.make(join(folder, "pair"), { hubConfig: { access: { pushTokensFile } } });
  await pair.start();
});

afterAll(async () => {
  await pair?.stop();
  rmSync(folder, { recursive: true, force: true });
});

it.skipIf(python === undefined)(
  "without its token the example is told what it lacks, and with the file's name in the environment it pushes",
  () => {
    const { mainpc, pc2 } = pair.machines;
    const run = (env: Record<string, string>) =>
      spawnSync(python ?? "", [example, mainpc.hubUrl, pc2.hubUrl, "--pushes", "1", "--every", "0"], {
        env: { ...process.env, ...env },
        encoding: "utf8",
      });
    expect(run({ TANDEM_PUSH_TOKEN_FILE: "" }).stderr).toContain("401 a push needs a token");
    expect(run({ TANDEM_PUSH_TOKEN_FILE: tokenFile })).toMatchObject({ status: 0, stderr: "" });
  },
);

it.skipIf(python === undefined)(
  "40 pushes go on at the other hub when the first one is killed after 10, and none is missing",
  async () => {
    const { mainpc, pc2 } = pair.machines;
    const args = [
      example,
      mainpc.hubUrl,
      pc2.hubUrl,
      "--pushes",
      String(pushes),
      "--every",
      "0.05",
      "--token-file",
      tokenFile,
    ];
    const child = spawn(python ?? "", args, { stdio: ["ignore", "pipe", "pipe"] });
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
    const lines: string[] = [];
    for await (const line of createInterface(child.stdout)) {
      lines.push(line);
      if (lines.length === 10) await mainpc.parts.hub.kill();
    }
    expect(errors).toBe("");
    const pushed = lines.slice(0, -1).map((line) => Pushed.parse(JSON.parse(line)));
    expect(pushed.map(({ push }) => push)).toEqual(Array.from({ length: pushes }, (_, i) => i + 1));
    expect(pushed[0]).toMatchObject({ hub: mainpc.hubUrl, sync: "in-sync" });
    expect(pushed.at(-1)).toMatchObject({ hub: pc2.hubUrl, replication: "local", sync: "degraded" });
    const { ledger } = Ledger.parse(JSON.parse(lines.at(-1) ?? ""));
    expect(ledger).toMatchObject([{ highest: pushes, missing: 0 }]);

    await mainpc.parts.hub.ready();
    await pair.inSync();
    for (const { hubUrl } of pair.both) {
      const shown = async () => (await ask(hubUrl, "getMetrics", {})) ?? "";
      await until("the last push", async () =>
        (await shown()).includes(`example_pushes_total{instance="python",job="example"} ${pushes}\n`),
      );
      const line = (await ask(hubUrl, "getLedger", {}))?.clients.find(({ client }) => client === ledger[0]?.client);
      expect(line).toMatchObject({ highest: pushes, missing: 0 });
    }
  },
);
