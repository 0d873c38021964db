import type { NatsConnection } from "nats";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SnapshotLine } from "../../../hub/core/snapshot.ts";
import { createLog } from "../../../hub/io/log.ts";
import { type ManifestDraft, SnapshotStore, snapshotStream } from "../../../hub/io/snapshot-store.ts";
import { type NatsPair, startNatsPair } from "../../support/nats-pair.ts";

const draft: ManifestDraft = { atMs: 0, places: {}, covers: {}, settled: {}, purgeMarks: {}, copied: {} };
const stamp = { at: { wallMs: 1, counter: 0 }, machine: "mainpc" };

/** A group whose line has about so many characters. */
const group = (job: string, characters: number): SnapshotLine => {
  const text = "x".repeat(characters);
  const family = { name: "x", type: "gauge" as const, help: undefined, text, series: 1, stamp };
  return { is: "group", group: [["job", job]], written: stamp, families: [family] };
};
const noted: SnapshotLine = {
  is: "noted",
  stream: "metrics",
  origin: "mainpc",
  held: [["a", [[1, 7]]]],
  duplicates: 0,
};
const client: SnapshotLine = {
  is: "client",
  client: "c",
  numbers: [[1, 7]],
  lowest: 1,
  duplicates: 0,
  writtenOff: 0,
  recent: [],
};

let nats: NatsPair;
let nc: NatsConnection;
let store: SnapshotStore;
const never = new AbortController().signal;

beforeEach(async () => {
  nats = await startNatsPair();
  nc = await nats.mainpc.connect();
  store = new SnapshotStore(
    "mainpc",
    nc,
    createLog("mainpc", () => {}),
  );
  await store.ensure();
});

afterEach(async () => {
  await nc.close();
  await nats.stop();
});

async function* each(lines: readonly SnapshotLine[]) {
  yield* lines;
}

const read = async () => {
  const lines: SnapshotLine[] = [];
  const stored = await store.read("mainpc", (line) => lines.push(line), never);
  return { lines, stored };
};

it("a group larger than any message comes back as it was written", async () => {
  const lines = [group("small", 10), group("lärge", 20 * 1024 ** 2), client];
  await store.write(each(lines), () => draft);
  const back = await read();
  expect(back.stored?.manifest.lines).toBe(3);
  expect(JSON.stringify(back.lines)).toBe(JSON.stringify(lines));
});

it("one that has lost a part says groups, but not what was counted: the rest of the count may be in that part", async () => {
  await store.write(each([noted, group("a", 200_000), client]), () => draft);
  const jsm = await nc.jetstreamManager();
  const { state } = await jsm.streams.info(snapshotStream);
  await jsm.streams.deleteMessage(snapshotStream, state.last_seq - 1);
  const { lines, stored } = await read();
  expect(stored).toBeUndefined();
  expect(lines.map(({ is }) => is)).not.toContain("noted");
});

it("one whose NATS stands still for 1.6 s at each try is not taken for none, and is read whole later", {
  timeout: 20_000,
}, async () => {
  const jobs = Array.from({ length: 100 }, (_, i) => group(`${i}`, 200_000));
  await store.write(each([...jobs, noted]), () => draft);
  let stalls = 0;
  let thawed = Promise.resolve();
  const stall = () => {
    stalls++;
    nats.mainpc.freeze();
    // Longer than a feed may be silent, and not as long as a request may take.
    thawed = new Promise((resolve) => setTimeout(resolve, 1_600)).then(() => nats.mainpc.thaw());
  };
  const lines: SnapshotLine[] = [];
  const stalled = store.read(
    "mainpc",
    (line) => {
      if (lines.push(line) > 0 && line.is === "group" && line.group[0]?.[1] === "0") stall();
    },
    never,
  );
  await expect(stalled).rejects.toThrow("fell silent");
  await thawed;
  expect(stalls).toBe(2);
  expect(lines.map(({ is }) => is)).not.toContain("noted");
  const back = await read();
  expect([back.stored?.manifest.lines, back.lines.at(-1)]).toEqual([101, noted]);
});

it("writes that fail half-way leave nothing behind that would fill the stream", async () => {
  const jsm = await nc.jetstreamManager();
  const { config } = await jsm.streams.info(snapshotStream);
  await jsm.streams.update(snapshotStream, { ...config, max_bytes: 3 * 1024 ** 2 });
  await store.write(each([client]), () => draft);
  const cutOff = async function* () {
    for (let i = 0; i < 8; i++) yield group(`${i}`, 130_000);
    throw new Error("cut off");
  };
  for (let i = 0; i < 4; i++) await expect(store.write(cutOff(), () => draft)).rejects.toThrow("cut off");
  await store.write(each([client, group("a", 130_000)]), () => draft);
  expect((await read()).stored?.manifest.lines).toBe(2);
});

it("3 writes that fail in a row ask once for each of their parts to be dropped, not again for those of the writes before", async () => {
  const asked: string[] = [];
  nc.subscribe(`$JS.API.STREAM.MSG.DELETE.${snapshotStream}`, {
    callback: (_error, message) => asked.push(message.string()),
  });
  await store.write(each([client]), () => draft);
  const cutOff = async function* () {
    for (let i = 0; i < 8; i++) yield group(`${i}`, 130_000);
    throw new Error("cut off");
  };
  for (let i = 0; i < 3; i++) await expect(store.write(cutOff(), () => draft)).rejects.toThrow("cut off");
  await store.write(each([client]), () => draft);
  expect(asked.length).toBeGreaterThanOrEqual(15);
  expect(new Set(asked).size).toBe(asked.length);
});

describe("of a snapshot that another hub wrote", () => {
  const reader = (limitBytes?: number) =>
    new SnapshotStore(
      "mainpc",
      nc,
      createLog("mainpc", () => {}),
      limitBytes,
    );
  const readBy = async (by: SnapshotStore, admits: (line: SnapshotLine) => boolean = () => true) => {
    const lines: string[] = [];
    let tooLong = 0;
    const judge = { begin: () => admits, onTooLong: () => tooLong++ };
    const stored = await by.read("mainpc", (line) => lines.push(line.is), never, judge);
    return { lines, tooLong, isRead: stored !== undefined };
  };

  it("no more is read than the bytes that a snapshot may take, and that is said once a snapshot", async () => {
    await store.write(each([group("a", 200_000), group("b", 200_000), client]), () => draft);
    expect(await readBy(reader(300_000))).toEqual({ lines: ["group"], tooLong: 1, isRead: false });
  });

  it("a line of 17 MiB is not even parsed that is no group's", async () => {
    const name = "x".repeat(17 * 1024 ** 2);
    await store.write(each([{ ...noted, held: [[name, [[1, 7]]]] }]), () => draft);
    expect(await readBy(reader())).toEqual({ lines: [], tooLong: 1, isRead: false });
    await store.write(each([group("large", 17 * 1024 ** 2), client]), () => draft);
    expect(await readBy(reader())).toEqual({ lines: ["group", "client"], tooLong: 0, isRead: true });
  });

  it("a line that is not admitted is judged as it comes, and not handed over", async () => {
    await store.write(each([group("a", 10), noted, client]), () => draft);
    expect(await readBy(reader(), ({ is }) => is !== "noted")).toMatchObject({
      lines: ["group", "client"],
      isRead: true,
    });
  });
});

it("a state that is larger than a snapshot may be is none, says so, and leaves the one before it", async () => {
  const log = createLog("mainpc", () => {});
  const small = new SnapshotStore("mainpc", nc, log, 300_000);
  await small.write(each([client, group("a", 200_000)]), () => draft);
  expect(small.bytes).toBeGreaterThan(200_000);
  await expect(small.write(each([client, group("b", 300_000)]), () => draft)).rejects.toThrow(
    /takes more than the 300000 bytes of a snapshot/,
  );
  expect(JSON.stringify((await read()).lines)).toContain('"a"');
});
