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
    expect(first.peers(0)).toEqual([]);
    const learned = randomBytes(32);
    first.learn(learned, 0);
    for (const name of ["beats.key", "peer-beats.key"])
      expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
    const second = new BeatKeys(directory, log);
    expect([second.own, ...second.peers(0)]).toEqual([first.own, learned]);
  });

  it("of a peer that made itself a new one are replaced; the same one is not written again", () => {
    const keys = new BeatKeys(folder, log);
    const [one, two] = [randomBytes(32), randomBytes(32)];
    keys.learn(one, 0);
    keys.learn(Buffer.from(one), 0);
    expect(events).toEqual(["beats.key_learned"]);
    keys.learn(two, 0);
    expect(keys.peers(5_001)).toEqual([two]);
    expect(readFileSync(join(folder, "peer-beats.key"))).toEqual(two);
  });

  it("that the peer has renewed are taken for 5 s more, since UDP and TCP may still bring them", () => {
    const keys = new BeatKeys(folder, log);
    const [one, two] = [randomBytes(32), randomBytes(32)];
    keys.learn(one, 0);
    keys.learn(two, 10_000);
    expect(keys.peers(15_000)).toEqual([two, one]);
    expect(keys.peers(15_001)).toEqual([two]);
    expect(new BeatKeys(folder, log).peers(10_001)).toEqual([two]);
  });

  it("of its own, renewed, seal direct paths only when the peer was told of it for a second", () => {
    const keys = new BeatKeys(folder, log);
    const before = keys.own;
    keys.renew();
    expect(keys.own).not.toEqual(before);
    expect(keys.direct(60_000)).toEqual(before);
    keys.told(60_000);
    keys.told(60_900);
    expect(keys.direct(60_999)).toEqual(before);
    expect(keys.direct(61_000)).toEqual(keys.own);
    expect(new BeatKeys(folder, log).own).toEqual(keys.own);
  });

  it("renewed twice before the peer heard of it seal direct paths by the one that it knows", () => {
    const keys = new BeatKeys(folder, log);
    const before = keys.own;
    keys.renew();
    keys.renew();
    expect(keys.direct(0)).toEqual(before);
  });

  it("are kept in memory without a directory", () => {
    const keys = new BeatKeys(undefined, log);
    keys.learn(randomBytes(32), 0);
    expect(keys.peers(0)[0]).toHaveLength(32);
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
