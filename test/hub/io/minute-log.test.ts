import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createLog } from "../../../hub/io/log.ts";
import { MinuteLog, type MinuteLogOptions } from "../../../hub/io/minute-log.ts";
import { fault } from "../../support/fault.ts";

const at = Date.parse("2026-03-01T12:30:00Z");
const hourMs = 3_600_000;
let directory: string;
let said: string[];
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), "tandem-minutes-")), "minutes");
  said = [];
});
afterEach(() => rmSync(join(directory, ".."), { recursive: true }));

const open = (change: Partial<MinuteLogOptions> = {}) =>
  new MinuteLog({
    directory,
    fileMs: hourMs,
    maxFiles: 3,
    maxFileBytes: 1_000,
    log: createLog("test", (line) => said.push(JSON.parse(line).event)),
    ...change,
  });
const file = () => join(directory, readdirSync(directory)[0] ?? "");

it("gives back what was appended, also by an earlier life, and nothing where there is nothing yet", async () => {
  expect(await open().read()).toEqual([]);
  await open().append([{ a: 1 }, { b: 2 }], at);
  const later = open();
  expect(await later.read()).toEqual([{ a: 1 }, { b: 2 }]);
  await later.append([{ c: 3 }], at + 1);
  expect(await open().read()).toEqual([{ a: 1 }, { b: 2 }, { c: 3 }]);
  expect(readdirSync(directory)).toEqual(["2026-03-01T12.log"]);
});

it("loses the torn line alone, at every length to which a crash may cut the file, and what is appended behind it is whole", async () => {
  await open().append([{ a: 1 }, { b: 2 }], at);
  const whole = readFileSync(file());
  for (let bytes = 0; bytes < whole.length; bytes++) {
    writeFileSync(file(), whole);
    truncateSync(file(), bytes);
    await open().append([{ c: 3 }], at);
    const read = await open().read();
    const kept = bytes >= whole.length - 1 ? [{ a: 1 }, { b: 2 }] : bytes >= whole.indexOf("\n") ? [{ a: 1 }] : [];
    expect(read, String(bytes)).toEqual([...kept, { c: 3 }]);
  }
});

it("loses what could not be written alone, also where half of it was, and says of each append whether it is on the disk", async () => {
  const log = open();
  expect(await log.append([{ a: 1 }], at)).toBe(true);
  const path = file();
  renameSync(path, `${path}.away`);
  // Of another kind, so that an append fails, as on a full disk.
  mkdirSync(path);
  expect(await log.append([{ b: 2 }], at)).toBe(false);
  rmdirSync(path);
  renameSync(`${path}.away`, path);
  appendFileSync(path, '00000000 {"b');
  expect(await log.append([{ c: 3 }], at)).toBe(true);
  expect(await log.append([{ d: 4 }], at)).toBe(true);
  expect(await open().read()).toEqual([{ a: 1 }, { c: 3 }, { d: 4 }]);
});

it("loses the damaged line alone, says so, and starts with a file that holds something else", async () => {
  await open().append([{ a: 1 }, { b: 2 }, { c: 3 }], at);
  const text = readFileSync(file(), "utf8");
  writeFileSync(file(), text.replace('{"b":2}', '{"b":9}'));
  expect(await open().read()).toEqual([{ a: 1 }, { c: 3 }]);
  writeFileSync(file(), Buffer.from([0, 255, 10, 200]));
  expect(await open().read()).toEqual([]);
  expect(said).toEqual(["minutes.damaged", "minutes.damaged"]);
});

it("keeps its newest 3 files, and at most 3 of a time that is yet to come", async () => {
  const log = open();
  for (let hour = 0; hour < 6; hour++) await log.append([{ hour }], at + hour * hourMs);
  expect(readdirSync(directory)).toEqual(["2026-03-01T15.log", "2026-03-01T16.log", "2026-03-01T17.log"]);
  for (let day = 0; day < 5; day++) await open().append([{ ahead: day }], at + (90 + day) * 24 * hourMs);
  await open().append([{ hour: 6 }], at + 6 * hourMs);
  for (let hour = 7; hour < 10; hour++) await log.append([{ hour }], at + hour * hourMs);
  expect(await open().read()).toEqual(
    [7, 8, 9].map((hour) => ({ hour })).concat([2, 3, 4].map((ahead) => ({ ahead })) as never),
  );
});

it("has lost nothing when a machine boots with a clock of 1970, writes 5 files, and the clock is right again", async ({
  task,
}) => {
  for (let hour = 0; hour < 3; hour++) await open().append([{ hour }], at + hour * hourMs);
  for (let hour = 0; hour < 5; hour++) await open().append([{ wrong: hour }], hour * hourMs);
  await open().append([{ hour: 3 }], at + 2 * hourMs);
  expect((await open().read()).slice(-4)).toEqual([0, 1, 2, 3].map((hour) => ({ hour })));
  expect(readdirSync(directory)).toHaveLength(3);
  const kept = (await open().read()).filter((line) => typeof line === "object" && line !== null && "hour" in line);
  fault(task, "clock-of-1970", { linesKept: kept.length });
});

it("writes on into the file of an earlier hour when the clock is set back", async () => {
  const log = open();
  await log.append([{ a: 1 }], at);
  await log.append([{ b: 2 }], at + hourMs);
  await log.append([{ c: 3 }], at);
  expect(await open().read()).toEqual([{ a: 1 }, { c: 3 }, { b: 2 }]);
});

it("takes no more than 1,000 bytes into a file, and says once that it does not", async () => {
  const log = open();
  for (let i = 0; i < 100; i++) await log.append([{ text: "x".repeat(50) }], at);
  expect(readFileSync(file()).length).toBeLessThanOrEqual(1_000);
  expect(said).toEqual(["minutes.unwritten"]);
  await log.append([{ next: 1 }], at + hourMs);
  expect((await open().read()).at(-1)).toEqual({ next: 1 });
});

it("neither fails nor stops anybody where its directory cannot be made or read", async () => {
  writeFileSync(directory, "a file");
  const log = open();
  await log.append([{ a: 1 }], at);
  expect(await log.read()).toEqual([]);
  expect(said).toEqual(["minutes.unwritten", "minutes.unread"]);
});

it("reads no file that is larger than it can be", async () => {
  await open().append([{ a: 1 }], at);
  appendFileSync(file(), "x".repeat(2_001));
  expect(await open().read()).toEqual([]);
});
