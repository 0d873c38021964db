import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { type FileHandle, open as openFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createLog } from "../../../hub/io/log.ts";
import { Spool, type SpoolOptions } from "../../../hub/io/spool.ts";
import { frameHeaderBytes } from "../../../hub/io/spool-frames.ts";
import { fault } from "../../support/fault.ts";

const mib = 1024 * 1024;
const payload = (text: string) => Buffer.from(text);

/** What all file handles of this process share. */
async function everyHandle(path: string): Promise<FileHandle> {
  const any = await openFile(path, "w");
  await any.close();
  return Object.getPrototypeOf(any);
}

describe("the spool", () => {
  let path: string;
  let said: string[];
  let wallMs: number;
  const opened: Spool[] = [];

  beforeEach(() => {
    path = join(mkdtempSync(join(tmpdir(), "tandem-spool-")), "spool");
    said = [];
    wallMs = 1_000_000;
  });

  afterEach(async () => {
    vi.restoreAllMocks();
    for (const spool of opened.splice(0)) await spool.close();
    rmSync(join(path, ".."), { recursive: true, force: true });
  });

  const open = async (options: Partial<SpoolOptions> = {}) => {
    const log = createLog("test", (line) => said.push(line));
    const spool = new Spool({ path, maxBytes: mib, log, wallMs: () => wallMs, ...options });
    await spool.open();
    opened.push(spool);
    return spool;
  };
  const drain = async (spool: Spool) => {
    const taken: string[] = [];
    for (let frame = await spool.first(); frame !== undefined; frame = await spool.first()) {
      taken.push(frame.payload.toString());
      await spool.take(frame);
    }
    return taken;
  };
  const files = () => readdirSync(path).sort();
  const largest = () => {
    const [name = ""] = files().sort((a, b) => statSync(join(path, b)).size - statSync(join(path, a)).size);
    return join(path, name);
  };
  const flipByte = (file: string, offset: number) => {
    const bytes = readFileSync(file);
    bytes.writeUInt8(bytes.readUInt8(offset) ^ 1, offset);
    writeFileSync(file, bytes);
  };

  it("gives back 300 batches of three streams in their order, after a new start too, and leaves no file when all are taken", async () => {
    const first = await open({ segmentBytes: 1_024 });
    const kinds = ["metrics", "health", "alerts"] as const;
    const names = Array.from({ length: 300 }, (_, i) => `batch ${i}`);
    await Promise.all(names.map((name, i) => first.append(kinds[i % 3] ?? "metrics", 2, payload(name))));
    expect([first.records(), first.records("health")]).toEqual([600, 200]);
    await first.close();

    const second = await open({ segmentBytes: 1_024 });
    expect(second.records()).toBe(600);
    expect(await drain(second)).toEqual(names);
    expect([second.isEmpty, second.bytes, second.records(), files()]).toEqual([true, 0, 0, []]);
    expect(await second.append("metrics", 1, payload("more"))).toEqual({ kind: "spooled" });
    expect(await drain(second)).toEqual(["more"]);
  });

  it("says that a push is spooled once its bytes and its file's name are synced, and not when they cannot be", async () => {
    const handles = await everyHandle(join(path, "..", "any"));
    const { write, datasync, sync } = handles;
    const order: string[] = [];
    // The second batch gets a file of its own.
    const spool = await open({ segmentBytes: 1 });
    // Late enough that an answer which does not wait for it comes first.
    const late = () => new Promise((resolve) => setTimeout(resolve, 50));
    vi.spyOn(handles, "write").mockImplementation(async function (this: FileHandle, ...args: unknown[]) {
      const done = await Reflect.apply(write, this, args);
      order.push("written");
      return done;
    });
    vi.spyOn(handles, "sync").mockImplementation(async function (this: FileHandle) {
      await late();
      await Reflect.apply(sync, this, []);
      order.push((await this.stat()).isDirectory() ? "directory synced" : "file synced");
    });
    const dataSynced = vi.spyOn(handles, "datasync").mockImplementation(async function (this: FileHandle) {
      await late();
      await Reflect.apply(datasync, this, []);
      order.push("bytes synced");
    });
    for (const name of ["one", "two"]) {
      expect(await spool.append("metrics", 1, payload(name))).toEqual({ kind: "spooled" });
      order.push("answered");
    }
    const once = ["written", "bytes synced", "answered"];
    expect(order).toEqual([...once, "directory synced", ...once]);
    dataSynced.mockRejectedValueOnce(Object.assign(new Error("EIO"), { code: "EIO" }));
    expect((await spool.append("metrics", 1, payload("three"))).kind).not.toBe("spooled");
    expect(await drain(spool)).toEqual(["one", "two"]);
  });

  it("is as the last taken batch left it when the process ends between two, and gives again at most one file's batches", async () => {
    const first = await open({ segmentBytes: 1 });
    for (const name of ["a", "b", "c"]) await first.append("metrics", 1, payload(name));
    const a = await first.first();
    if (a === undefined) throw new Error("it holds three");
    await first.take(a);
    expect((await first.first())?.payload.toString()).toBe("b");
    // Not closed: as after SIGKILL.
    expect(await drain(await open())).toEqual(["b", "c"]);
  });

  it("passes over one stream's batches for those of the others, and keeps each file until all of it is taken", async () => {
    const first = await open({ segmentBytes: 100 });
    const kinds = ["metrics", "health", "metrics", "alerts"] as const;
    const names = Array.from({ length: 40 }, (_, i) => `${kinds[i % 4]} ${i}`);
    for (const [i, name] of names.entries()) await first.append(kinds[i % 4] ?? "metrics", 1, payload(name));
    const [before, but] = [files().length, new Set(["metrics"] as const)];
    const taken: string[] = [];
    const takeOthers = async () => {
      for (let frame = await first.first(but); frame !== undefined; frame = await first.first(but)) {
        taken.push(frame.payload.toString());
        await first.take(frame);
      }
    };
    await takeOthers();
    await first.append("health", 1, payload("health late"));
    await takeOthers();
    const [metrics, others] = [(name: string) => name.startsWith("metrics"), (name: string) => !metrics(name)];
    expect(taken).toEqual([...names.filter(others), "health late"]);
    expect([first.isEmptyOf("metrics"), first.isEmptyOf("health"), first.isEmpty]).toEqual([false, true, false]);
    expect(files().length).toBeGreaterThan(before / 2);
    expect(await drain(first)).toEqual(names.filter(metrics));
    expect([first.isEmpty, first.records(), files()]).toEqual([true, 0, []]);
  });

  it("cuts a torn tail of any length off and says so, with all whole batches kept", async ({ task }) => {
    const whole = frameHeaderBytes + 4;
    const lefts = [1, 8, frameHeaderBytes, whole - 1];
    let kept = 0;
    for (const left of lefts) {
      const writer = await open();
      for (const name of ["one.", "two.", "torn"]) await writer.append("metrics", 1, payload(name));
      await writer.close();
      truncateSync(largest(), 2 * whole + left);
      said = [];
      const reader = await open();
      expect(said.join()).toContain("spool.torn_tail_cut");
      const read = await drain(reader);
      kept += read.length;
      expect([reader.damages, read], `${left} bytes left`).toEqual([0, ["one.", "two."]]);
      await reader.close();
    }
    fault(task, "spool-torn", { tails: lefts.length, lost: lefts.length * 2 - kept });
  });

  it("says so when one bit of a batch is flipped, wherever it is, and reads the two around it", async () => {
    const whole = frameHeaderBytes + 6;
    for (let offset = whole; offset < 2 * whole; offset++) {
      const writer = await open();
      for (const name of ["first.", "second", "third."]) await writer.append("metrics", 1, payload(name));
      await writer.close();
      flipByte(largest(), offset);
      said = [];
      const reader = await open();
      expect([reader.damages, await drain(reader)], `offset ${offset}`).toEqual([1, ["first.", "third."]]);
      expect(said.join()).toContain("spool.damaged");
      await reader.close();
    }
  });

  it("notices a bit that flips while the hub runs, and goes on behind it", async () => {
    const spool = await open();
    for (const name of ["first.", "second", "third."]) await spool.append("metrics", 1, payload(name));
    flipByte(largest(), frameHeaderBytes + 6 + frameHeaderBytes);
    expect(await drain(spool)).toEqual(["first.", "third."]);
    expect(spool.damages).toBe(1);
  });

  it("takes no byte above its limit, says so, and takes more once something was taken out", async () => {
    const spool = await open({ maxBytes: 3_000, segmentBytes: 1 });
    const kilobyte = payload("x".repeat(1_000 - frameHeaderBytes));
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => spool.append("metrics", 1, kilobyte)));
    expect(outcomes.map(({ kind }) => kind)).toEqual(["spooled", "spooled", "spooled", "full"]);
    expect(outcomes[3]).toMatchObject({ reason: expect.stringContaining("limit of 3000 bytes") });
    expect([spool.bytes, spool.records()]).toEqual([3_000, 3]);
    expect(await drain(spool)).toHaveLength(3);
    expect(await spool.append("metrics", 1, kilobyte)).toEqual({ kind: "spooled" });
  });

  it("on a full disk refuses what does not fit whole, keeps what it took, and leaves nothing of the other", async ({
    task,
  }) => {
    // The system ends the file at 4 KiB, as a full disk ends it anywhere.
    const module = JSON.stringify(join(import.meta.dirname, "../../../hub/io/spool.ts"));
    const script = `
      const { Spool } = await import(${module});
      const log = { info() {}, warn() {}, error() {} };
      const spool = new Spool({ path: process.argv[1], maxBytes: 1e6, log, wallMs: Date.now });
      await spool.open();
      const kinds = [];
      for (const text of ["a".repeat(3000), "b".repeat(3000), "c"])
        kinds.push((await spool.append("metrics", 1, Buffer.from(text))).kind);
      console.log(kinds.join());`;
    const limited = 'ulimit -f 8; exec "$0" --input-type=module -e "$1" "$2"';
    const { stdout, stderr } = spawnSync("sh", ["-c", limited, process.execPath, script, path], { encoding: "utf8" });
    expect(stdout.trim(), stderr).toBe("spooled,full,spooled");
    const spool = await open();
    const kept = await drain(spool);
    expect([spool.damages, kept]).toEqual([0, ["a".repeat(3_000), "c"]]);
    expect(said.join()).not.toContain("torn");
    fault(task, "disk-full", {
      acknowledged: stdout.split("spooled").length - 1,
      lost: stdout.split("spooled").length - 1 - kept.length,
    });
  });

  it("knows its oldest record's age, and how long it would last at the present rate", async () => {
    const spool = await open({ maxBytes: mib });
    expect([spool.oldestSeconds, spool.secondsLeft]).toEqual([0, Number.POSITIVE_INFINITY]);
    await spool.append("metrics", 1, payload("a"));
    spool.note(60_000);
    await spool.first();
    wallMs += 7_000;
    expect(spool.oldestSeconds).toBe(7);
    // 60,000 bytes in the last minute are 1,000 a second.
    expect(spool.secondsLeft).toBeGreaterThan(1_000);
    expect(spool.secondsLeft).toBeLessThan(1_100);
  });

  it("refuses to open where it cannot write", async () => {
    writeFileSync(path, "");
    await expect(open()).rejects.toThrow(/EEXIST|ENOTDIR/);
  });
});
