/** What the two hubs tell each other: sealed beats, frames on a stream, and the reports of their main threads. */
import { createHmac } from "node:crypto";
import { Heartbeat, HeartbeatFilter } from "../../../hub/core/heartbeat.ts";
import { Ledger } from "../../../hub/core/ledger.ts";
import { Maintenance } from "../../../hub/core/maintenance.ts";
import { Told } from "../../../hub/core/notify/told.ts";
import { type Message, maxMessageBytes, seal, unseal } from "../../../hub/judge/beat.ts";
import { FrameReader, frame } from "../../../hub/judge/frames.ts";
import { holds, jsonOf, type Outcome, same, type Target } from "../engine/target.ts";

const key = Buffer.alloc(32, 5);
const other = Buffer.alloc(32, 6);
const sealed = (text: Buffer) => Buffer.concat([createHmac("sha256", key).update(text).digest(), text]);

/** As a stranger sends it, and as the peer seals it. */
function beat(input: Buffer): Outcome {
  holds(unseal(input, key) === undefined || unseal(input, other) === undefined, "two keys fit one seal");
  const message = unseal(sealed(input), key);
  holds(unseal(sealed(input), other) === undefined, "another key fits");
  if (message === undefined) return "refused";
  same(unseal(seal(message, key), key), message, "a message sealed again");
  return "taken";
}

/** The first byte says into which parts the stream is cut. */
function frames(input: Buffer): Outcome {
  const size = 1 + ((input[0] ?? 0) % 9);
  const stream = input.subarray(1);
  const whole = new FrameReader().read(stream);
  const reader = new FrameReader();
  const parts: Buffer[] = [];
  let broken = false;
  for (let at = 0; at < stream.length && !broken; at += size) {
    const read = reader.read(stream.subarray(at, at + size));
    if (read === undefined) broken = true;
    else parts.push(...read.map((each) => Buffer.from(each)));
  }
  holds(broken === (whole === undefined), "whether it is a stream of frames hangs on how it comes");
  if (whole === undefined) return "refused";
  same(parts, whole, "the messages, however they come");
  for (const message of whole) holds(message.length <= maxMessageBytes, "a message is longer than allowed");
  same(new FrameReader().read(Buffer.concat(whole.map(frame))), whole, "frames written again");
  return whole.length > 0 ? "taken" : "refused";
}

/** Reports, one a line. */
function heartbeat(input: Buffer): Outcome {
  const beats = input
    .toString()
    .split("\n")
    .slice(0, 12)
    .flatMap((line) => Heartbeat.safeParse(jsonOf(Buffer.from(line))).data ?? []);
  const filter = new HeartbeatFilter();
  const ledger = new Ledger("mainpc", "pc2");
  const [one, two] = [new Maintenance(), new Maintenance()];
  const told = new Told();
  for (const [i, each] of beats.entries()) {
    filter.isNews(each, i * 100);
    holds(!filter.isNews(each, i * 100), "the same report is news twice");
    ledger.heardHoldings(each.holdings);
    one.merge(each.maintenance ?? []);
    told.merge(each.notify?.told ?? []);
    same(Heartbeat.parse(JSON.parse(JSON.stringify(each))), each, "a report said again");
  }
  for (const each of beats.toReversed()) two.merge(each.maintenance ?? []);
  same(two.words(0), one.words(0), "what is in maintenance, heard in another order");
  holds(told.dump().length <= 2_000, "more tellings are kept than the bound allows");
  for (const { missing, pending } of ledger.entries(() => 0))
    holds(missing >= 0 && pending >= 0, `the ledger misses ${missing}`);
  return beats.length > 0 ? "taken" : "refused";
}

const said = {
  v: 1,
  kind: "beat",
  machine: "pc2",
  incarnation: "a",
  counter: 1,
  lagMs: 0,
  mainStuck: false,
  digest: "d.e",
  echo: { incarnation: "b", counter: 2 },
  ack: { incarnation: "b", counter: 2, digest: "x" },
  knows: "k",
};
const word = {
  v: 1,
  kind: "word",
  machine: "pc2",
  incarnation: "a",
  counter: 1,
  word: { v: 1, table: {}, blank: false, acts: [], asks: [], givenUp: [] },
};
const position = { incarnation: "0loyw3v28-abcdef", seq: 3 };
const report = {
  v: 1, machine: "pc2", incarnation: "a", counter: 1, wallMs: 1_700_000_000_000, lagMs: 1, copied: { metrics: position },
  holdings: { "metrics/pc2": { count: 3, holes: 1, earlier: "a" } },
  agents: [{ id: "pc2/A", health: "healthy", sinceWallMs: 1, observedAgoMs: 5, latencyMs: null, reason: "" }],
  maintenance: [{ target: "pc2", saidMs: 5, untilMs: 9, reason: "disk", by: "ann" }],
  notify: { channels: ["mail"], told: [["id", "mail", 5]] }, remoteWrite: { store: { fromMs: 1, upToMs: 2 } }, judgesObjectives: true,
}; // biome-ignore format: a message
const tokens = [
  "v",
  "kind",
  "beat",
  "word",
  "machine",
  "incarnation",
  "counter",
  "digest",
  "ack",
  "echo",
  "holdings",
  "metrics/pc2",
  "agents",
  "maintenance",
  "silences",
  "notify",
  "told",
  "channels",
  "copied",
  "snapshot",
  "covers",
  "settled",
  "remoteWrite",
  "count",
  "digest",
  "__proto__",
];

export const targets: readonly Target[] = [
  {
    name: "beat",
    about: "beats and words of the peer's judge, sealed and not",
    form: "json",
    tokens,
    seeds: () => [JSON.stringify(said), JSON.stringify(word), seal(said as Message, key)], // as the schema has it
    covers: /^hub\/judge\/beat\.ts/,
    open: () => ({ run: beat }),
  },
  {
    name: "frames",
    about: "frames on the judges' stream, in parts of any size",
    form: "bytes",
    tokens: ["\0\0\0\u0001a", "\0\0\0\0", "\0\u0002\u0080\0"],
    seeds: () => [
      Buffer.concat([Buffer.from([3]), frame(Buffer.from("hello")), frame(Buffer.alloc(0)), frame(Buffer.from("x"))]),
    ],
    covers: /^hub\/judge\/frames/,
    // A stream in parts of some bytes is read anew with each: what comes together in a packet is not.
    stretchBytes: 0,
    open: () => ({ run: frames }),
  },
  {
    name: "heartbeat",
    about: "reports of the peer's hub, and what is made of them",
    form: "json",
    tokens,
    seeds: () => [[report, { ...report, counter: 2 }].map((each) => JSON.stringify(each)).join("\n")],
    covers: /^hub\/core\/(heartbeat|ledger|maintenance|notify\/told|account|seq-set)/,
    stretchBytes: 131_072,
    open: () => ({ run: heartbeat }),
  },
];
