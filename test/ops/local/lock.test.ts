import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { OperatorError } from "../../../ops/error.ts";
import { type Holder, holderOf, takeLock } from "../../../ops/local/lock.ts";
import { birthOf } from "../../../ops/local/processes.ts";

const lockModule = new URL("../../../ops/local/lock.ts", import.meta.url).href;

/** Takes the lock as soon as it can, tells whether it was alone in there, and ends without giving it up, or with it. */
const taker = `
import { mkdirSync, rmdirSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { takeLock } from ${JSON.stringify(lockModule)};
const [lock, how] = process.argv.slice(2);
process.stdout.write("ready\\n");
await new Promise((go) => process.stdin.once("data", go));
for (;;) {
  let release;
  try {
    release = takeLock(lock, () => new Error("held"));
  } catch (error) {
    if (error.message !== "held") throw error;
    await pause(1);
    continue;
  }
  let word = "alone";
  try {
    mkdirSync(lock + ".inside");
    await pause(2);
    rmdirSync(lock + ".inside");
  } catch {
    word = "two";
  }
  if (how === "gives up") release();
  process.stdout.write(word + "\\n", () => process.kill(process.pid, "SIGKILL"));
  break;
}
`;

describe("the lock of a folder", () => {
  let dir: string;
  let lock: string;
  const children: ChildProcess[] = [];
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "local-lock-"));
    lock = join(dir, "tandem.lock");
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    rmSync(dir, { recursive: true });
  });

  const refuse = ({ pid, startedAt }: Holder) => new OperatorError("held", `${pid} since ${startedAt}`, "");
  const plant = (pid: number | undefined, startedAt = "noon") => {
    const text = JSON.stringify({ pid, startedAt });
    writeFileSync(lock, text);
    return text;
  };
  const births = ({ boot = "", tick = 0 } = {}) => `2026-01-01T00:00:00.000Z (id 1a2b3c4d; boot ${boot}; tick ${tick})`;
  /** Whoever waits on one, with a command line that names Tandem. */
  const sleeper = (name = "tandem-sleeper.mjs") => {
    const script = join(dir, name);
    writeFileSync(script, "setInterval(() => {}, 1000)");
    const child = spawn(process.execPath, [script], { stdio: "ignore" });
    children.push(child);
    return child.pid ?? 0;
  };

  it.each(["gives up", "dies"])(
    "that a dead one left goes to one after the other of 8 takers, each of which %s",
    async (how) => {
      const script = join(dir, "tandem-taker.mjs");
      writeFileSync(script, taker);
      plant(2 ** 22 + 1);
      const runs = Array.from({ length: 8 }, () => {
        const child = spawn(process.execPath, [script, lock, how], { stdio: ["pipe", "pipe", "inherit"] });
        children.push(child);
        let said = "";
        let isReady = () => {};
        const ready = new Promise<void>((resolve) => (isReady = resolve));
        child.stdout.on("data", (chunk) => {
          said += chunk;
          isReady();
        });
        const ended = new Promise<string>((resolve) => child.once("close", () => resolve(said)));
        return { child, ready, ended };
      });
      await Promise.all(runs.map(({ ready }) => ready));
      for (const { child } of runs) child.stdin.write("go\n");
      const said = await Promise.all(runs.map(({ ended }) => ended));
      expect(said).toEqual(Array.from({ length: 8 }, () => "ready\nalone\n"));
      expect(holderOf(lock)).toBeUndefined();
      const left = readdirSync(dir).filter((name) => name !== "tandem-taker.mjs");
      expect(left).toEqual(how === "dies" ? ["tandem.lock"] : []);
    },
  );

  it("is refused to a second one in the same process, and free again once it is given up", () => {
    const release = takeLock(lock, refuse);
    if (birthOf(process.pid) !== undefined) expect(() => takeLock(lock, refuse)).toThrow(`${process.pid} since 20`);
    release();
    takeLock(lock, refuse)();
    expect(readdirSync(dir)).toEqual([]);
  });

  it("of somebody else is not taken away by one who gives up what was his before", () => {
    const release = takeLock(lock, refuse);
    const other = plant(1);
    release();
    expect(readFileSync(lock, "utf8")).toBe(other);
  });

  it("that was claimed from a dead one is held by who claimed it, until that one is dead, too", () => {
    const text = plant(2 ** 22 + 1);
    const claim = `${lock}.after-${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
    const pid = sleeper();
    writeFileSync(claim, JSON.stringify({ pid, startedAt: "one" }));
    expect(holderOf(lock)?.pid).toBe(pid);
    expect(() => takeLock(lock, refuse)).toThrow(`${pid} since one`);
    writeFileSync(claim, JSON.stringify({ pid: 2 ** 22 + 2, startedAt: "one" }));
    expect(holderOf(lock)).toBeUndefined();
    takeLock(lock, refuse)();
    expect(readdirSync(dir)).toEqual(["tandem-sleeper.mjs"]);
  });

  it.runIf(birthOf(1))(
    "is judged by boot and start of its process: a number that went to a later Tandem holds nothing",
    () => {
      const pid = sleeper();
      const birth = birthOf(pid);
      plant(pid, births(birth));
      expect(holderOf(lock)).toMatchObject({ pid, startedAt: "2026-01-01T00:00:00.000Z", birth });
      plant(pid, births({ ...birth, tick: (birth?.tick ?? 0) - 1 }));
      expect(holderOf(lock)).toBeUndefined();
      plant(pid, births({ ...birth, boot: "another" }));
      expect(holderOf(lock)).toBeUndefined();
    },
  );

  it.runIf(birthOf(1))(
    "is held by a process whatever its command line, and not by one whose end its parent has not heard of",
    () => {
      const pid = sleeper("other.mjs");
      plant(pid, births(birthOf(pid)));
      expect(holderOf(lock)?.pid).toBe(pid);
      process.kill(pid, "SIGKILL");
      // Without a turn of the loop, nobody waits for the child: it stays a zombie.
      while (/\) [^ZX]/.test(readFileSync(`/proc/${pid}/stat`, "utf8")));
      expect(holderOf(lock)).toBeUndefined();
    },
  );

  it("of the version before is judged by its command line, and never held by our own parents", () => {
    const pid = sleeper();
    plant(pid);
    expect(holderOf(lock)).toMatchObject({ pid, startedAt: "noon", run: undefined });
    const script = join(dir, "tandem-shell.mjs");
    const child = `const { holderOf } = await import(${JSON.stringify(lockModule)});
      const { writeFileSync } = await import("node:fs");
      writeFileSync(process.env.LOCK, JSON.stringify({ pid: process.ppid, startedAt: "noon" }));
      process.stdout.write(String(holderOf(process.env.LOCK)));`;
    writeFileSync(
      script,
      `import { spawnSync } from "node:child_process";
      spawnSync(process.execPath, ["--input-type=module", "-e", ${JSON.stringify(child)}], { stdio: "inherit" });`,
    );
    const said = spawnSync(process.execPath, [script], { env: { ...process.env, LOCK: lock }, encoding: "utf8" });
    expect(said.stdout).toBe("undefined");
  });

  it("is read by the version before, which knows no other keys, and tells what kind of run has it", () => {
    const release = takeLock(lock, refuse, "staged run");
    const Before = z.strictObject({ pid: z.number().int(), startedAt: z.string() });
    expect(Before.parse(JSON.parse(readFileSync(lock, "utf8")))).toMatchObject({ pid: process.pid });
    expect(holderOf(lock)).toMatchObject({ run: "staged run", startedAt: expect.stringMatching(/^\S+Z$/) });
    release();
  });
});
