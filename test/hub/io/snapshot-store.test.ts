import type { NatsConnection } from "nats";
import { afterEach, beforeEach, expect, it } from "vitest";
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
