import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { notedHere, noteHere, ownNotesPath } from "../../../ops/deploy/own-notes.ts";

describe("what this computer notes of the programs that it has stored", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tandem-notes-"));
    vi.stubEnv("XDG_CACHE_HOME", join(folder, "cache"));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });
  const note = (number: number, digest: string, ...machines: string[]) =>
    noteHere("/srv/a", number, new Map(machines.map((machine) => [machine, digest])));

  it("is kept for each machine and number of a site, for its owner alone, and the later note stands", () => {
    note(7, "one", "pc2", "mainpc");
    note(7, "two", "pc2");
    note(8, "three", "pc2");
    expect(notedHere("/srv/a", "pc2", 7)).toBe("two");
    expect(notedHere("/srv/a", "mainpc", 7)).toBe("one");
    expect(notedHere("/srv/a", "pc2", 8)).toBe("three");
    expect(notedHere("/srv/a", "mainpc", 8)).toBeUndefined();
    expect(notedHere("/srv/b", "pc2", 7)).toBeUndefined();
    expect(statSync(ownNotesPath("/srv/a")).mode & 0o077).toBe(0);
  });

  it("is of 100 programs of each machine at most", () => {
    const long = Array.from({ length: 150 }, (_, at) => ({ machine: "pc2", number: at + 1, sha256: "one" }));
    mkdirSync(dirname(ownNotesPath("/srv/a")), { recursive: true });
    writeFileSync(ownNotesPath("/srv/a"), JSON.stringify([{ machine: "mainpc", number: 1, sha256: "one" }, ...long]));
    note(151, "two", "pc2");
    expect(notedHere("/srv/a", "pc2", 51)).toBeUndefined();
    expect(notedHere("/srv/a", "pc2", 52)).toBe("one");
    expect(notedHere("/srv/a", "mainpc", 1)).toBe("one");
    expect(JSON.parse(readFileSync(ownNotesPath("/srv/a"), "utf8"))).toHaveLength(101);
  });

  it("is nothing after one that could not be written, since an older note of that number would be another program's", () => {
    note(7, "one", "pc2");
    // Where it writes first.
    mkdirSync(`${ownNotesPath("/srv/a")}.new`);
    note(7, "two", "pc2");
    expect(notedHere("/srv/a", "pc2", 7)).toBeUndefined();
  });

  it("is nothing where its file cannot be read or written, which is no error", () => {
    mkdirSync(dirname(ownNotesPath("/srv/a")), { recursive: true });
    writeFileSync(ownNotesPath("/srv/a"), "no notes");
    expect(notedHere("/srv/a", "pc2", 7)).toBeUndefined();
    writeFileSync(join(folder, "file"), "");
    vi.stubEnv("XDG_CACHE_HOME", join(folder, "file"));
    note(7, "one", "pc2");
    expect(notedHere("/srv/a", "pc2", 7)).toBeUndefined();
  });
});
