/** What moves services: events of the failover's core, the peer's words among them, and words to a router. */
import { z } from "zod";
import { admitTable, maxEpochGrowth } from "../../../hub/core/failover/admit.ts";
import { Epoch, ownerOf } from "../../../hub/core/failover/epoch.ts";
import { stepFailover } from "../../../hub/core/failover/failover.ts";
import { FailoverLimits } from "../../../hub/core/failover/limits.ts";
import { type FailoverEvent, Saved, Word } from "../../../hub/core/failover/messages.ts";
import { digestOf, routesOf, viewsOf, wordOf } from "../../../hub/core/failover/outcome.ts";
import { startFailover } from "../../../hub/core/failover/state.ts";
import { mergeTables } from "../../../hub/core/failover/table.ts";
import { Health } from "../../../hub/core/record.ts";
import { newTable, offer, standing } from "../../../hub/core/router/route-table.ts";
import { RouteWords } from "../../../hub/core/router/word.ts";
import { ToSeat } from "../../../hub/judge/seat/messages.ts";
import { holds, jsonOf, type Outcome, same, type Target } from "../engine/target.ts";

const limits = FailoverLimits.parse({});
const services = [
  { name: "Tutor", home: "mainpc", standby: "pc2", mode: "warm", singleWriter: false },
  { name: "Store", home: "mainpc", standby: "pc2", mode: "warm", singleWriter: true },
  { name: "Edge", home: "pc2", standby: "mainpc", mode: "cold", singleWriter: false },
] as const;
const setup = { machine: "mainpc", peer: "pc2", incarnation: "own", witness: true, services };
const verdict = z.enum(["alive", "suspect", "dead", "isolated"]);
const Key = z.object({ epoch: Epoch, writer: z.string(), turn: z.number(), revision: z.number() });

/** What others bring about, and time; each some ms after the one before. */
const Happening = z.intersection(
  z.object({ afterMs: z.number().min(0).max(100_000).default(50) }),
  z.union([
    z.object({ type: z.literal("word"), word: Word }),
    z.object({ type: z.literal("verdict"), hub: verdict, machine: verdict }),
    z.object({ type: z.literal("isolated"), cutOff: z.boolean() }),
    z.object({ type: z.literal("health"), instance: z.string(), health: Health }),
    z.object({ type: z.literal("sync"), inSync: z.boolean(), refilled: z.boolean() }),
    z.object({
      type: z.literal("beat-heard"),
      digest: z.string(),
      ack: z.object({ incarnation: z.string(), counter: z.number(), digest: z.string() }).optional(),
    }),
    z.object({ type: z.literal("beat-sent"), counter: z.number() }),
    z.object({ type: z.literal("witness-read"), keys: z.union([z.record(z.string(), Key), z.literal("silent")]) }),
    z.object({ type: z.literal("tick") }),
    z.object({ type: z.literal("slept"), ms: z.number() }),
    z.object({ type: z.literal("restart") }),
    z.object({ type: z.literal("own"), said: ToSeat }),
  ]),
);
type Happening = z.infer<typeof Happening>;

function failover(input: Buffer): Outcome {
  const happenings = input
    .toString()
    .split("\n")
    .slice(0, 60)
    .flatMap((line): Happening[] => {
      const { data } = Happening.safeParse(jsonOf(Buffer.from(line)));
      return data === undefined ? [] : [data];
    });
  let atMs = 1_000;
  let disk: Saved | undefined;
  let state = startFailover(setup, disk, atMs);
  const known = new Map<string, number>();
  const queue: FailoverEvent[] = [];
  for (const happening of happenings) {
    atMs += happening.afterMs;
    if (happening.type === "restart") {
      state = startFailover(setup, disk, atMs);
      continue;
    }
    queue.push(eventOf(happening, atMs));
    // What is to be done is done at once: the disk keeps, router and supervisor obey, and the witness says nothing.
    for (let event = queue.shift(), steps = 0; event !== undefined; event = queue.shift()) {
      holds(++steps < 50, "one event leads to another without end");
      const step = stepFailover(state, event, limits);
      state = step.state;
      for (const command of step.commands) {
        if (command.type === "persist") {
          disk = Saved.parse(JSON.parse(JSON.stringify(command.saved)));
          queue.push({ type: "persisted", saved: command.saved, atMs });
        } else if (command.type === "hush")
          queue.push({ type: "quiet", service: command.service, epoch: command.epoch, atMs });
        else if (command.type === "write-witness")
          queue.push({
            type: "witness-written",
            service: command.service,
            epoch: command.epoch,
            turn: command.turn,
            result: "silent",
            atMs,
          });
      }
      checkState();
    }
  }
  return happenings.length > 0 ? "taken" : "refused";

  function eventOf(happening: Exclude<Happening, { type: "restart" }>, eventMs: number): FailoverEvent {
    if (happening.type === "own") return { ...happening.said, atMs: eventMs } as FailoverEvent; // as the seat does
    const { afterMs: _, ...event } = happening;
    if (event.type === "word")
      return { ...event, word: { ...event.word, table: admitTable(state, event.word.table).table }, atMs: eventMs };
    if (event.type === "witness-read" && event.keys !== "silent")
      return { type: "witness-read", keys: admitTable(state, event.keys).table, atMs: eventMs };
    return { ...event, atMs: eventMs } as FailoverEvent; // all that is left
  }

  function checkState(): void {
    const word = wordOf(state, atMs, limits);
    same(Word.parse(JSON.parse(JSON.stringify(word))), word, "the word to the peer");
    digestOf(state);
    viewsOf(state, atMs, limits);
    for (const [service, { epoch }] of Object.entries(state.saved)) {
      holds(epoch >= (known.get(service) ?? 0), `the epoch of ${service} fell to ${epoch}`);
      holds(
        epoch <= (state.atStart[service]?.epoch ?? 1) + 2 * maxEpochGrowth,
        `the epoch of ${service} leapt to ${epoch}`,
      );
      known.set(service, epoch);
    }
    for (const { service, epoch, to, untilMs } of routesOf(state, atMs, limits)) {
      const spec = services.find(({ name }) => name === service);
      if (spec === undefined || to === null) continue;
      holds(to === ownerOf(spec, epoch), `${service} is carried to ${to}, which does not own epoch ${epoch}`);
      if (spec.singleWriter && to === "mainpc")
        holds(untilMs !== null || state.confirmed[service] !== undefined, `${service} acts here without an end`);
    }
    same(mergeTables(state.wanted, state.saved), state.wanted, "what was on disk is not wanted any more");
  }
}

/** Lists of words, one a line, each sent later or earlier than the one before. */
function routeWords(input: Buffer): Outcome {
  let table = newTable(["Tutor", "Store"], new Map());
  let seen = 0;
  for (const [i, line] of input.toString().split("\n").slice(0, 20).entries()) {
    const { data: words } = RouteWords.safeParse(jsonOf(Buffer.from(line)));
    if (words === undefined) continue;
    seen++;
    const before = table.epochs;
    const offered = offer(table, words, (i * 7) % 5);
    holds(offered.taken.length + offered.refused.length === words.length, "a word was neither taken nor refused");
    table = offered.table;
    for (const [service, epoch] of before)
      holds((table.epochs.get(service) ?? -1) >= epoch, `the epoch of ${service} fell`);
    for (const { word } of table.words.values()) {
      standing(word, 5);
      same(table.epochs.get(word.service), word.epoch, "a word stands whose epoch is over");
    }
  }
  return seen > 0 ? "taken" : "refused";
}

const table = {
  Tutor: { epoch: 2, released: false },
  Store: { epoch: 1, released: true },
  Edge: { epoch: 1, released: false, stays: true },
};
const word = {
  type: "word",
  word: {
    v: 1,
    table,
    blank: false,
    acts: ["Tutor"],
    asks: [{ service: "Tutor", epoch: 2, turn: 1 }],
    givenUp: [{ service: "Store", turn: 1, text: "late" }],
  },
};
const witness = {
  type: "witness-read",
  keys: {
    Store: { epoch: 3, writer: "pc2", turn: 1, revision: 4 },
    Tutor: { epoch: 2, writer: "mainpc", turn: 2, revision: 1 },
  },
};
const wellBehaved = [
  { type: "tick", afterMs: 50 },
  { type: "beat-sent", counter: 1 },
  { type: "beat-heard", digest: "d", ack: { incarnation: "own", counter: 1, digest: "d" } },
  { type: "sync", inSync: true, refilled: true },
  { type: "health", instance: "pc2/Tutor", health: "healthy" },
  { type: "health", instance: "mainpc/Tutor", health: "unhealthy" },
  word,
  witness,
  { type: "verdict", hub: "dead", machine: "dead", afterMs: 5_000 },
  { type: "tick", afterMs: 3_000 },
  {
    type: "own",
    said: { type: "operator", request: "1", order: { kind: "take", service: "Store", confirmPeerDead: true } },
  },
  { type: "own", said: { type: "operator", request: "2", order: { kind: "switchover", service: "Tutor" } } },
  { type: "own", said: { type: "operator", request: "3", order: { kind: "maintenance", subject: "pc2", on: true } } },
  { type: "isolated", cutOff: true },
  { type: "slept", ms: 4_000 },
  { type: "restart" },
  { type: "tick", afterMs: 20_000 },
];
const target = { host: "127.0.0.1", port: 5_000 };
const routes = [
  [
    { service: "Tutor", epoch: 2, to: target, untilMonoMs: null },
    { service: "Store", epoch: 1, to: null, untilMonoMs: 9 },
  ],
  [{ service: "Tutor", epoch: 1, to: target, untilMonoMs: 3 }],
];

export const targets: readonly Target[] = [
  {
    name: "failover",
    about: "words, beats and orders for the core that moves services",
    form: "json",
    tokens: [
      "type",
      "word",
      "table",
      "epoch",
      "released",
      "stays",
      "blank",
      "acts",
      "asks",
      "givenUp",
      "turn",
      "service",
      "text",
      "Tutor",
      "Store",
      "Edge",
      "mainpc",
      "pc2",
      "mainpc/Tutor",
      "pc2/Tutor",
      "pc2/Store",
      "mainpc/Edge",
      "afterMs",
      "keys",
      "silent",
      "writer",
      "revision",
      "healthy",
      "alive",
      "suspect",
      "dead",
      "__proto__",
      "constructor",
    ],
    seeds: () => [
      wellBehaved.map((each) => JSON.stringify(each)).join("\n"),
      ...wellBehaved.map((each) => JSON.stringify(each)),
    ],
    covers: /^hub\/core\/failover/,
    stretchBytes: 0,
    open: () => ({ run: failover }),
  },
  {
    name: "route-words",
    about: "words to a router of who acts",
    form: "json",
    tokens: ["service", "epoch", "to", "host", "port", "untilMonoMs", "Tutor", "Store", "__proto__"],
    seeds: () => [routes.map((each) => JSON.stringify(each)).join("\n"), ...routes.map((each) => JSON.stringify(each))],
    covers: /^hub\/core\/router/,
    open: () => ({ run: routeWords }),
  },
];
