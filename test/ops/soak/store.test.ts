import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RunRecord } from "../../../ops/soak/record.ts";
import { readCheckpoints } from "../../../ops/soak/run-files.ts";
import { sliceMsOf } from "../../../ops/soak/settings.ts";
import { type Opening, Store } from "../../../ops/soak/store.ts";
import { verifyFolder } from "../../../ops/soak/verify-folder.ts";
import { asked } from "./settings.ts";
import { minuteMs, sliceAt } from "./slices.ts";

const opening = { asked, seed: undefined, copies: true };
const open = (dir: string, changes: Partial<Opening> = {}) => Store.open(dir, { ...opening, ...changes });

describe("the folder of a run", () => {
  let dir: string;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "tandem-soak-"))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("is gone on with by the same command, with the same key and one start more", () => {
    const first = open(dir);
    const second = open(dir);
    expect(second.privateKey).toBe(first.privateKey);
    expect(second.settings).toEqual({ ...first.settings, starts: 2 });
    expect(open(dir, { asked: undefined }).settings.starts).toBe(3);
  });

  it("keeps the key to its owner", () => {
    open(dir);
    expect(statSync(join(dir, "key.pem")).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(dir, "soak.json"), "utf8")).not.toContain("PRIVATE");
  });

  it("refuses to become another run half-way, and says what differs", () => {
    open(dir).appendSlice(sliceAt(0));
    expect(() => open(dir, { asked: { ...asked, hours: 24 } })).toThrow("asked for something else: hours 168");
  });

  it("is none that holds something else, and none that is not there", () => {
    writeFileSync(join(dir, "letter.txt"), "dear");
    expect(() => open(dir)).toThrow("is not empty, and holds no soak");
    expect(() => open(join(dir, "other"), { asked: undefined })).toThrow("holds no soak");
  });

  it("is another run's as long as nothing was measured there", () => {
    const first = open(dir);
    const other = open(dir, { asked: { ...asked, hours: 24 } });
    expect(other.settings).toMatchObject({ hours: 24, starts: 1 });
    expect(other.privateKey).not.toBe(first.privateKey);
  });

  it("is gone on with by another seed only if none is asked for", () => {
    open(dir, { seed: 7 }).appendSlice(sliceAt(0));
    expect(open(dir).settings.seed).toBe(7);
    expect(() => open(dir, { seed: 8 })).toThrow("asked for something else: seed 7");
  });

  it("counts no start that finds its key missing, a line damaged or another version's settings, and says which", () => {
    open(dir).appendSlice(sliceAt(0));
    const path = (name: string) => join(dir, name);
    const wrongWith = (name: string, text: string | undefined) => {
      const before = readFileSync(path(name), "utf8");
      if (text === undefined) rmSync(path(name));
      else writeFileSync(path(name), text);
      try {
        open(dir);
      } catch (error) {
        return error;
      } finally {
        writeFileSync(path(name), before);
      }
      return undefined;
    };
    expect(wrongWith("key.pem", undefined)).toMatchObject({ code: "soak.key" });
    const line = readFileSync(path("slices.jsonl"), "utf8");
    expect(wrongWith("slices.jsonl", `${line}{"fromMs":"soon"}\n`)).toMatchObject({
      code: "soak.damaged",
      message: expect.stringContaining("line 2 of"),
    });
    expect(wrongWith("soak.json", '{"v":1}')).toMatchObject({ message: expect.stringContaining("another version") });
    expect(open(dir).settings.starts).toBe(2);
  });

  it("has its checkpoints in the order of their numbers, also beyond 9999", () => {
    open(dir);
    for (const name of ["10000", "9999", "0001"]) writeFileSync(join(dir, "checkpoints", `${name}.json`), "{}");
    expect([...readCheckpoints(dir).keys()]).toEqual(["0001", "9999", "10000"]);
  });

  it("loses the line that a SIGKILL left half-written, and no other", () => {
    const store = open(dir);
    store.appendSlice(sliceAt(0));
    appendFileSync(join(dir, "slices.jsonl"), '{"fromMs":17');
    const again = open(dir);
    again.appendSlice(sliceAt(1));
    expect(open(dir).earlier.slices).toEqual([sliceAt(0), sliceAt(1)]);
  });

  it("goes on with the figures and the chain where it stopped: 3 hours, of which 1 was not observed, have 2 checkpoints", async () => {
    const first = new RunRecord(open(dir));
    for (let minute = 0; minute < 59; minute++) first.add(sliceAt(minute));
    expect(first.isCheckpointDue).toBe(false);
    first.add(sliceAt(59));
    expect(first.isCheckpointDue).toBe(true);
    first.checkpoint();
    first.add(sliceAt(60));

    const second = new RunRecord(open(dir));
    expect(second.checkpoints).toBe(1);
    for (let minute = 121; minute < 180; minute++) second.add(sliceAt(minute));
    second.checkpoint();
    const verdict = second.verdict();
    expect(verdict.observedMs).toBe(120 * minuteMs);
    expect(verdict.notObservedMs).toBe(60 * minuteMs);
    expect(await verifyFolder(dir)).toMatchObject({ checkpoints: 2, hubs: 0, problems: [] });
    const later = JSON.parse(readFileSync(join(dir, "checkpoints", "0002.json"), "utf8"));
    expect(later).toMatchObject({ number: 2, slices: { after: 60, count: 60 } });
    expect(later.figures.observedMs).toBe(60 * minuteMs);
  });

  it("knows whether the last start ended without a word", () => {
    const first = new RunRecord(open(dir));
    const event = (kind: "start" | "stop") => ({ atMs: 0, toMs: null, kind, what: "" });
    expect(first.endedSuddenly).toBe(false);
    first.tell(event("start"));
    expect(new RunRecord(open(dir)).endedSuddenly).toBe(true);
    first.tell(event("stop"));
    expect(new RunRecord(open(dir)).endedSuddenly).toBe(false);
  });

  it("has nobody keep copies where the hubs take no orders from here", async () => {
    const record = new RunRecord(open(dir, { copies: false }));
    record.add(sliceAt(0));
    record.checkpoint();
    expect(await record.keepCopy()).toBe("");
  });

  it("says that a checkpoint was edited to whoever wants to go on", async () => {
    const store = open(dir);
    const record = new RunRecord(store);
    record.add(sliceAt(0));
    record.checkpoint();
    writeFileSync(join(dir, "checkpoints", "0001.json"), "{}");
    expect(() => new RunRecord(open(dir))).toThrow("checkpoint 0001");
  });
});

describe("a slice", () => {
  it("lasts a minute, and less of a run of less than an hour, but 5 s at least", () => {
    expect([168, 0.5, 1 / 60].map((hours) => sliceMsOf({ hours }))).toEqual([60_000, 30_000, 5_000]);
  });
});
