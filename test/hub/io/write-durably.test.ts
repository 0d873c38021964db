/** What is said to be on the disk is: its bytes before they get their name, and the name after it. */
import { existsSync, fstatSync, mkdtempSync, readFileSync, rmSync, type Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { writeDurably, writeDurablySync } from "../../../hub/io/write-durably.ts";

const bySync = vi.hoisted(() => ({ note: (_file: number) => {} }));
vi.mock("node:fs", async (real) => {
  const fs = await real<typeof import("node:fs")>();
  const fsyncSync = (file: number) => {
    fs.fsyncSync(file);
    bySync.note(file);
  };
  return { ...fs, fsyncSync };
});

let folder: string;
let path: string;
let synced: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-durably-"));
  [path, synced] = [join(folder, "a"), []];
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const note = (stats: Stats) => {
  const what = stats.isDirectory() ? "the directory" : `${stats.size} bytes`;
  synced.push(`${what}, ${existsSync(path) ? "named" : "not named"}`);
};
const whole = ["3 bytes, not named", "the directory, named"];

it("bytes are synced before they get their name, and then the name", async () => {
  const any = await open(join(folder, "any"), "w");
  await any.close();
  // All handles share it.
  const handles: FileHandle = Object.getPrototypeOf(any);
  const { sync } = handles;
  vi.spyOn(handles, "sync").mockImplementation(async function (this: FileHandle) {
    await Reflect.apply(sync, this, []);
    note(await this.stat());
  });
  await writeDurably(path, "new");
  expect(synced).toEqual(whole);
  expect(readFileSync(path, "utf8")).toBe("new");
});

it("so are those that nothing may go on without", () => {
  bySync.note = (file) => note(fstatSync(file));
  writeDurablySync(path, Buffer.from("new"));
  expect(synced).toEqual(whole);
  expect(readFileSync(path, "utf8")).toBe("new");
});
