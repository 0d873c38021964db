/** What the streams hold, and what a hub makes of it: batches, lines of snapshots, stamps, and events of the timeline. */
import { whyLineInadmissible } from "../../../hub/core/admission.ts";
import { decodeBatch, encodeBatch } from "../../../hub/core/batch-codec.ts";
import { Fold } from "../../../hub/core/fold/fold.ts";
import { compareHlc, Hlc, hlcZero, mergeHlc, nextHlc, stampAfter } from "../../../hub/core/hlc.ts";
import { type Batch, StreamKind } from "../../../hub/core/record.ts";
import { Refused } from "../../../hub/core/refused.ts";
import { safeJson } from "../../../hub/core/safe-json.ts";
import { SnapshotLine, SnapshotManifest } from "../../../hub/core/snapshot.ts";
import { eventsOf } from "../../../hub/core/timeline/event.ts";
import { Timeline } from "../../../hub/core/timeline/timeline.ts";
import { createLog } from "../../../hub/io/log.ts";
import { RecordState } from "../../../hub/io/record-state.ts";
import { holds, jsonOf, type Outcome, same, type Target } from "../engine/target.ts";

const nowMs = 1_700_000_000_000;
const at = { wallMs: nowMs, counter: 0 };
const incarnation = "0loyw3v28-abcdef";
const group = [
  ["job", "a"],
  ["instance", "b"],
];
const push = { kind: "push", at, op: "put", group, body: "# TYPE x counter\nx 1\n", client: { name: "c", seq: 3 } };
const health = {
  kind: "health",
  at,
  machine: "mainpc",
  agent: "Tutor",
  from: "healthy",
  to: "unhealthy",
  reason: "refused",
};
const alert = { kind: "alert", at, severity: "urgent", name: "hub-dead", subject: "pc2", message: "it is dead" };
const note = { ...alert, severity: "resolved", name: "link-lost" };
const records = [
  push,
  { ...push, op: "delete", body: "", upTo: { at, machine: "pc2" } },
  { ...push, op: "post", body: 'y{z="é"} 2\n', expiresAfterMs: 60_000 },
  health,
  alert,
  note,
];
const batch = { v: 1, origin: "pc2", incarnation, firstSeq: 7, records };

/** A hub's memory; `failures` is what it logged. */
function hubState(): { state: RecordState; failures: string[] } {
  const failures: string[] = [];
  const log = createLog("mainpc", (line) => failures.push(line));
  const state = new RecordState({
    self: "mainpc",
    peer: "pc2",
    fold: new Fold(),
    log,
    refused: new Refused(),
    onGroups: () => {},
  });
  return { state, failures };
}

function decode(input: Buffer): Outcome {
  const decoded = decodeBatch(input);
  if (decoded === undefined) return "refused";
  same(decodeBatch(encodeBatch(decoded)), decoded, "a batch written and read again");
  const { state, failures } = hubState();
  for (const kind of StreamKind.options) state.take(kind, decoded);
  for (const kind of StreamKind.options) state.take(kind, decoded);
  holds(failures.length === 0, `a record cannot be folded: ${failures[0]}`);
  const account = state.ledger.account("metrics", decoded.origin);
  holds(account.count === decoded.records.length, "another number of records is held than came");
  return "taken";
}

/** Lines of a snapshot, as the peer's are taken in: what is known then can be written as a snapshot of one's own, and read back. */
async function snapshot(input: Buffer): Promise<Outcome> {
  const manifest = SnapshotManifest.safeParse(jsonOf(input));
  const lines = input
    .toString()
    .split("\n")
    .slice(0, 60)
    .flatMap((line) => SnapshotLine.safeParse(safeJson(Buffer.from(line))).data ?? [])
    .filter((line) => whyLineInadmissible(line, ["mainpc", "pc2"], Date.now()) === undefined);
  if (lines.length === 0) return manifest.success ? "taken" : "refused";
  const { state } = hubState();
  const take = (line: SnapshotLine, into: RecordState) => {
    const said = into.takeLine(line);
    if (said === undefined) return;
    const { account, origin, stream } = said;
    holds(
      account.count >= 0 && account.holes >= 0,
      `an account of ${account.count} records and ${account.holes} holes`,
    );
    if (account.count > 0) holds((account.newest?.seq ?? 0) > 0, "records are held, and none is the newest");
    into.restore(stream, origin, new Map([[`${stream}/${origin}`, account]]), {}, true);
  };
  for (const line of lines) take(line, state);
  const { missing, duplicates } = state.clients.totals();
  holds(missing >= 0 && duplicates >= 0, `clients miss ${missing} pushes`);
  const written = await dumped(state);
  const again = hubState().state;
  for (const line of written) take(SnapshotLine.parse(JSON.parse(JSON.stringify(line))), again);
  same(await dumped(again), written, "a snapshot of a snapshot");
  return "taken";
}

async function dumped(state: RecordState): Promise<SnapshotLine[]> {
  const lines = [...state.head()];
  for await (const line of state.body()) lines.push(line);
  return lines;
}

const lines = [
  {
    is: "account",
    stream: "metrics",
    origin: "pc2",
    held: [
      [
        incarnation,
        [
          [1, 7],
          [9, 12],
        ],
      ],
    ],
    duplicates: 1,
  },
  {
    is: "group",
    group,
    cleared: { at, machine: "pc2" },
    written: { at, machine: "pc2" },
    families: [
      { name: "x", type: "counter", text: 'x{instance="b",job="a"} 1\n', series: 1, stamp: { at, machine: "pc2" } },
    ],
  },
  { is: "group", group: [["job", "gone"]], deleted: { at, machine: "mainpc" }, families: [] },
  { is: "noted", stream: "alerts", origin: "mainpc", held: [[incarnation, [[1, 3]]]], duplicates: 0 },
  {
    is: "client",
    client: "c",
    numbers: [
      [1, 4],
      [6, 6],
    ],
    lowest: 1,
    duplicates: 0,
    writtenOff: 0,
    recent: [{ seq: 6, digest: 5, origin: "pc2" }],
  },
  { is: "unnumbered", origin: "pc2", count: 4 },
  { is: "health", change: health },
  { is: "alert", alert },
  { is: "clock", now: at },
];

/** Stamps and wall times by turns. */
function stamps(input: Buffer): Outcome {
  const json = jsonOf(input);
  if (!Array.isArray(json)) return "refused";
  const seen = json.flatMap((each) => Hlc.safeParse(each).data ?? []);
  const times = json.filter((each): each is number => typeof each === "number" && each >= 0 && each <= 8.64e15);
  let clock: Hlc = hlcZero;
  for (const [i, stamp] of seen.entries()) {
    const before = mergeHlc(clock, stamp);
    holds(compareHlc(before, clock) >= 0 && compareHlc(before, stamp) >= 0, "a clock went back by what it saw");
    same(mergeHlc(stamp, clock), before, "merged the other way round");
    const nextMs = times[i % Math.max(times.length, 1)] ?? 0;
    clock = nextHlc(before, Math.floor(nextMs));
    holds(compareHlc(clock, before) > 0 && compareHlc(before, clock) < 0, "a stamp is not later than the one before");
    holds(clock.wallMs > 8.64e15 || Hlc.safeParse(clock).success, "a stamp that nobody may read");
    holds(stampAfter(before, Math.floor(nextMs)).wallMs <= Math.floor(nextMs) + 86_400_001, "a stamp a day ahead");
  }
  return seen.length > 0 ? "taken" : "refused";
}

/** Batches of alerts, one a line, in whatever order. */
function timeline(input: Buffer): Outcome {
  const batches = input
    .toString()
    .split("\n")
    .slice(0, 40)
    .flatMap((line) => decodeBatch(Buffer.from(line)) ?? []);
  const events = new Map(batches.flatMap((each) => eventsOf(each).map((event) => [event.id, event])));
  const [forward, backward] = [new Timeline(20), new Timeline(20)];
  for (const event of [...events.values(), ...events.values()]) forward.add(event);
  for (const event of [...events.values()].toReversed()) backward.add(event);
  if (events.size <= 20) same(backward.list({ limit: 100 }), forward.list({ limit: 100 }), "in another order");
  const list = forward.list({ limit: 100 });
  for (const [i, event] of list.entries())
    holds(i === 0 || compareHlc(list[i - 1]?.at ?? hlcZero, event.at) >= 0, "an event is told before a newer one");
  return events.size > 0 ? "taken" : "refused";
}

const recordTokens = [
  "v",
  "origin",
  "incarnation",
  "firstSeq",
  "records",
  "kind",
  "push",
  "health",
  "alert",
  "at",
  "wallMs",
  "counter",
  "op",
  "put",
  "post",
  "delete",
  "group",
  "body",
  "expiresAfterMs",
  "upTo",
  "machine",
  "client",
  "bytes",
  "job",
  "mainpc",
  "pc2",
  incarnation,
  "resolved",
  "link-healed",
  "hub-started",
  "__proto__",
];

export const targets: readonly Target[] = [
  {
    name: "batch",
    about: "a message of the streams, and what a hub makes of its records",
    form: "json",
    tokens: recordTokens,
    seeds: () => [encodeBatch(batch as unknown as Batch), JSON.stringify(batch)], // as the schema has it
    covers:
      /^hub\/(core\/(batch-codec|record|fold|account|seq-set|client-book|open-alerts|hlc|ledger)|io\/record-state)/,
    open: () => ({ run: decode }),
  },
  {
    name: "snapshot",
    about: "lines of the peer's snapshot, and what a hub knows by them",
    form: "json",
    tokens: [
      ...recordTokens,
      "is",
      "account",
      "noted",
      "unnumbered",
      "clock",
      "held",
      "duplicates",
      "numbers",
      "recent",
      "families",
      "cleared",
      "deleted",
      "written",
      "text",
      "series",
      "stamp",
      "name",
      "type",
    ],
    seeds: () => [lines.map((line) => JSON.stringify(line)).join("\n"), ...lines.map((line) => JSON.stringify(line))],
    covers: /^hub\/(core\/(snapshot|account|seq-set|client-book|fold|admission|open-alerts)|io\/record-state)/,
    stretchBytes: 131_072,
    open: () => ({ run: snapshot }),
  },
  {
    name: "stamp",
    about: "stamps of the hybrid clock, and the laws of their order",
    form: "json",
    tokens: ["wallMs", "counter", "8640000000000000", "1099511627776"],
    seeds: () => [
      JSON.stringify([{ wallMs: 5, counter: 1 }, 3, { wallMs: 5, counter: 2 }, 9]),
      JSON.stringify([{ wallMs: 8.64e15, counter: 2 ** 40 }, 0]),
    ],
    covers: /^hub\/core\/hlc/,
    open: () => ({ run: stamps }),
  },
  {
    name: "timeline",
    about: "alerts and notes of both hubs, told in one order",
    form: "json",
    tokens: recordTokens,
    seeds: () => [
      [batch, { ...batch, firstSeq: 20, origin: "mainpc", records: [note, alert] }]
        .map((each) => JSON.stringify(each))
        .join("\n"),
    ],
    covers: /^hub\/core\/timeline/,
    open: () => ({ run: timeline }),
  },
];
