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
    expect(first.told).toHaveLength(32);
    expect(first.peer).toBeUndefined();
    const learned = randomBytes(32);
    first.learn(learned);
    for (const name of ["beats.key", "peer-beats.key"])
      expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
    const second = new BeatKeys(directory, log);
    expect([second.told, second.peer]).toEqual([first.told, learned]);
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

  it("of its own, renewed, both seal until the peer says that it knows the new one, which is kept then", () => {
    const keys = new BeatKeys(folder, log);
    const peer = new BeatKeys(undefined, log);
    const before = keys.told;
    peer.learn(before);
    keys.renew();
    keys.acknowledged(peer.peerMark);
    expect(keys.sealing).toEqual([before, keys.told]);
    expect(new BeatKeys(folder, log).told).toEqual(before);
    peer.learn(keys.told);
    keys.acknowledged(peer.peerMark);
    expect(keys.sealing).toEqual([keys.told]);
    expect(keys.told).not.toEqual(before);
    expect(new BeatKeys(folder, log).told).toEqual(keys.told);
  });

  it("renewed twice before the peer heard of it seal by the one that it knows, and by the newest", () => {
    const keys = new BeatKeys(folder, log);
    const before = keys.told;
    keys.renew();
    keys.renew();
    expect(keys.sealing).toEqual([before, keys.told]);
  });

  it("are kept in memory without a directory", () => {
    const keys = new BeatKeys(undefined, log);
    keys.learn(randomBytes(32));
    expect(keys.peer).toHaveLength(32);
    expect(new BeatKeys(undefined, log).told).not.toEqual(keys.told);
  });

  it("of which a file holds something else are made anew, with a word in the log", () => {
    writeFileSync(join(folder, "beats.key"), "short");
    expect(new BeatKeys(folder, log).told).toHaveLength(32);
    expect(events).toEqual(["beats.key_unusable"]);
    expect(readFileSync(join(folder, "beats.key"))).toHaveLength(32);
  });

  it("that cannot be kept work until the hub ends", () => {
    mkdirSync(join(folder, "beats.key"));
    expect(new BeatKeys(folder, log).told).toHaveLength(32);
    expect(events).toEqual(["beats.key_unreadable", "beats.key_unkept"]);
  });
});
