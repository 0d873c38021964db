import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseBars } from "../../../ops/soak/bars.ts";
import { RunRecord } from "../../../ops/soak/record.ts";
import { type Asked, sliceMsOf } from "../../../ops/soak/settings.ts";
import { Store } from "../../../ops/soak/store.ts";
import { verifyFolder } from "../../../ops/soak/verify-folder.ts";
import { minuteMs, sliceAt, startMs } from "./slices.ts";

const asked: Asked = {
  hours: 168,
  target: { kind: "own-pair", agents: "pilots", portOffset: null },
  pushesPerSecond: 20,
  checkpointMinutes: 60,
  chaos: 0,
  scenarios: [],
  holdSeconds: 8,
  bars: parseBars([]),
};

describe("the folder of a run", () => {
  let dir: string;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "tandem-soak-"))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("is gone on with by the same command, with the same key and one start more", () => {
    const first = Store.open(dir, asked, 1);
    const second = Store.open(dir, asked, 2);
    expect(second.privateKey).toBe(first.privateKey);
    expect(second.settings).toEqual({ ...first.settings, starts: 2 });
    expect(Store.open(dir, undefined, 3).settings.starts).toBe(3);
  });

  it("keeps the key to its owner", () => {
    Store.open(dir, asked, 1);
    expect(statSync(join(dir, "key.pem")).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(dir, "soak.json"), "utf8")).not.toContain("PRIVATE");
  });

  it("refuses to become another run half-way, and says what differs", () => {
    Store.open(dir, asked, 1);
    expect(() => Store.open(dir, { ...asked, hours: 24 }, 1)).toThrow("asked for something else: hours 168");
  });

  it("is none that holds something else, and none that is not there", () => {
    writeFileSync(join(dir, "letter.txt"), "dear");
    expect(() => Store.open(dir, asked, 1)).toThrow("is not empty, and holds no soak");
    expect(() => Store.open(join(dir, "other"), undefined, 1)).toThrow("holds no soak");
  });

  it("loses the line that a SIGKILL left half-written, and no other", () => {
    const store = Store.open(dir, asked, 1);
    store.appendSlice(sliceAt(0));
    appendFileSync(join(dir, "slices.jsonl"), '{"fromMs":17');
    const again = Store.open(dir, asked, 1);
    again.appendSlice(sliceAt(1));
    expect(Store.open(dir, asked, 1).slices()).toEqual([sliceAt(0), sliceAt(1)]);
  });

  it("goes on with the figures and the chain where it stopped: 3 hours, of which 1 was not observed, have 2 checkpoints", async () => {
    const first = new RunRecord(Store.open(dir, asked, 1), []);
    for (let minute = 0; minute < 60; minute++) first.add(sliceAt(minute));
    expect(first.isCheckpointDue(startMs + 59 * minuteMs)).toBe(false);
    expect(first.isCheckpointDue(startMs + 60 * minuteMs)).toBe(true);
    await first.checkpoint();
    first.add(sliceAt(60));

    const second = new RunRecord(Store.open(dir, asked, 1), []);
    expect(second.checkpoints).toBe(1);
    for (let minute = 121; minute < 180; minute++) second.add(sliceAt(minute));
    await second.checkpoint();
    const verdict = second.verdict();
    expect(verdict.observedMs).toBe(120 * minuteMs);
    expect(verdict.notObservedMs).toBe(60 * minuteMs);
    expect(await verifyFolder(dir)).toEqual({ checkpoints: 2, copies: undefined, problems: [] });
    const later = JSON.parse(readFileSync(join(dir, "checkpoints", "0002.json"), "utf8"));
    expect(later).toMatchObject({ number: 2, slices: { after: 60, count: 60 } });
    expect(later.figures.observedMs).toBe(60 * minuteMs);
  });

  it("says that a checkpoint was edited to whoever wants to go on", async () => {
    const store = Store.open(dir, asked, 1);
    const record = new RunRecord(store, []);
    record.add(sliceAt(0));
    await record.checkpoint();
    writeFileSync(join(dir, "checkpoints", "0001.json"), "{}");
    expect(() => new RunRecord(Store.open(dir, asked, 1), [])).toThrow("checkpoint 0001");
  });
});

describe("a slice", () => {
  it("lasts a minute, and less of a run of less than an hour, but 5 s at least", () => {
    expect([168, 0.5, 1 / 60].map((hours) => sliceMsOf({ hours }))).toEqual([60_000, 30_000, 5_000]);
  });
});
