import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Log } from "../../../hub/io/log.ts";
import { BeatKeys } from "../../../hub/judge/beat-keys.ts";

let folder: string;
let events: string[];
const note = (event: string) => void events.push(event);
const log: Log = { info: note, warn: note, error: note };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-keys-"));
  events = [];
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("the keys of beats", () => {
  it("are made once, kept for their owner alone, and are the same after the next start", () => {
    const directory = join(folder, "state");
    const first = new BeatKeys(directory, log);
    expect(first.own).toHaveLength(32);
    expect(first.peer).toBeUndefined();
    const learned = randomBytes(32);
    first.learn(learned);
    for (const name of ["beats.key", "peer-beats.key"])
      expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
    const second = new BeatKeys(directory, log);
    expect([second.own, second.peer]).toEqual([first.own, learned]);
  });

  it("of a peer that made itself a new one are replaced; the same one is not written again", () => {
    const keys = new BeatKeys(folder, log);
    const [one, two] = [randomBytes(32), randomBytes(32)];
    keys.learn(one);
    keys.learn(Buffer.from(one));
    expect(events).toEqual(["beats.key_learned"]);
    keys.learn(two);
    expect(keys.peer).toEqual(two);
    expect(readFileSync(join(folder, "peer-beats.key"))).toEqual(two);
  });

  it("are kept in memory without a directory", () => {
    const keys = new BeatKeys(undefined, log);
    keys.learn(randomBytes(32));
    expect(keys.peer).toHaveLength(32);
    expect(new BeatKeys(undefined, log).own).not.toEqual(keys.own);
  });

  it("of which a file holds something else are made anew, with a word in the log", () => {
    writeFileSync(join(folder, "beats.key"), "short");
    expect(new BeatKeys(folder, log).own).toHaveLength(32);
    expect(events).toEqual(["beats.key_unusable"]);
    expect(readFileSync(join(folder, "beats.key"))).toHaveLength(32);
  });

  it("that cannot be kept work until the hub ends", () => {
    mkdirSync(join(folder, "beats.key"));
    expect(new BeatKeys(folder, log).own).toHaveLength(32);
    expect(events).toEqual(["beats.key_unreadable", "beats.key_unkept"]);
  });
});
