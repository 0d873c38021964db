import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pc2, scratchFleet } from "../fleet/fixture.ts";

const root = join(import.meta.dirname, "..", "..");

describe("the command tandem, with its output in a pipe", () => {
  let scratch: ReturnType<typeof scratchFleet>;
  beforeEach(() => {
    scratch = scratchFleet();
    const agents = Array.from({ length: 2_000 }, (_, i) => {
      const port = 10_000 + 2 * i;
      return `  - { name: Agent${i}, group: edge, port: ${port}, healthPort: ${port + 1}, httpPort: ${port + 1}, health: { kind: http }, required: true }\n`;
    });
    const [head] = pc2.split("  - ");
    scratch.write({ pc2: `${head}${agents.join("")}failover: optional\n`, batches: "batches: []\n" });
  });
  afterEach(() => scratch.remove());

  const list = () => {
    const child = spawn(process.execPath, ["ops/tandem.ts", "fleet", "list", "--json", "--dir", scratch.dir], {
      cwd: root,
    });
    const stderr: Buffer[] = [];
    child.stderr.on("data", (chunk: Buffer) => void stderr.push(chunk));
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    return { child, stderr, ended };
  };

  it("writes all 2,000 agents, more than a pipe holds, for a reader that takes its time", async () => {
    const { child, ended } = list();
    const chunks: Buffer[] = [];
    for await (const chunk of child.stdout) {
      chunks.push(chunk as Buffer); // no encoding is set
      await setImmediate();
    }
    const text = Buffer.concat(chunks).toString();
    expect(text.length).toBeGreaterThan(500_000);
    expect(JSON.parse(text)).toHaveLength(2_001);
    expect(await ended).toBe(0);
  });

  it("ends without a word when its reader leaves after the first bytes", async () => {
    const { child, stderr, ended } = list();
    child.stdout.once("data", () => child.stdout.destroy());
    expect(await ended).toBe(0);
    expect(Buffer.concat(stderr).toString()).toBe("");
  });
});

describe("an operator's error", () => {
  it("is JSON on standard output for who asked for JSON, beside its words on standard error", () => {
    const args = ["ops/tandem.ts", "doctor", "--stack", "nowhere", "--dir", "/nowhere"];
    const plain = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
    expect([plain.status, plain.stdout]).toEqual([1, ""]);
    const { status, stdout, stderr } = spawnSync(process.execPath, [...args, "--json"], {
      cwd: root,
      encoding: "utf8",
    });
    expect(status).toBe(1);
    expect(stderr).toBe(plain.stderr);
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: "stack.missing",
        message: expect.stringContaining("Pulumi.nowhere.yaml does not exist"),
        next: expect.stringContaining("--stack"),
      },
    });
  });
});
