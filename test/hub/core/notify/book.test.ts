import { expect, it } from "vitest";
import { BookDump, NotifyBook } from "../../../../hub/core/notify/book.ts";
import type { Loudness } from "../../../../hub/core/notify/notice.ts";
import type { PeerSight } from "../../../../hub/core/notify/turns.ts";

const machines = ["mainpc", "pc2"] as const;
const minuteMs = 60_000;
const alone: PeerSight = { cutForMs: 60_000, channels: [], saidAtMs: undefined };
const phone = { name: "phone", atLeast: "warning" } as const;
const pager = { name: "pager", atLeast: "urgent" } as const;

/** A hub that tells what it may at once; each line is what a channel got. */
class Teller {
  readonly told: string[] = [];
  book: NotifyBook;
  quiet = new Set<string>();
  peer = alone;
  nowMs = 1_000_000_000;

  readonly channels: { name: string; atLeast: Loudness }[];

  constructor(channels: { name: string; atLeast: Loudness }[] = [phone]) {
    this.channels = channels;
    this.book = new NotifyBook({ self: "mainpc", machines, channels }, undefined, 0);
  }

  say(severity: Loudness | "resolved", name = "nats-lost", subject = "pc2", wallMs = this.nowMs, origin = "mainpc") {
    this.book.note(
      { at: { wallMs, counter: 0 }, severity, name, subject, message: severity, origin },
      "heard",
      this.nowMs,
    );
    this.after(0);
  }

  after(ms: number) {
    this.nowMs += ms;
    const sight = {
      nowMs: this.nowMs,
      clockMs: this.nowMs,
      peer: this.peer,
      isQuiet: (name: string) => this.quiet.has(name),
    };
    this.book.tick(sight);
    for (const channel of this.channels)
      for (let next = this.book.candidates(channel, sight)[0]; next; next = this.book.candidates(channel, sight)[0]) {
        this.told.push(`${channel.name}: ${next.kind} ${next.name} ${next.subject}`);
        this.book.told(next.id, channel.name, this.nowMs);
      }
  }

  restart() {
    const dump = JSON.parse(JSON.stringify(this.book.dump()));
    this.book = new NotifyBook({ self: "mainpc", machines, channels: this.channels }, dump, this.nowMs);
  }
}

it("an alert is told once when it is raised and once when it is over, however often it is said", () => {
  const teller = new Teller();
  teller.say("urgent");
  teller.after(1_000);
  teller.say("urgent");
  teller.after(1_000);
  teller.say("resolved");
  teller.after(1_000);
  teller.say("resolved");
  expect(teller.told).toEqual(["phone: raised nats-lost pc2", "phone: resolved nats-lost pc2"]);
});

it("a channel for urgent ones hears of no warning, nor of its end", () => {
  const teller = new Teller([phone, pager]);
  teller.say("warning", "witness-silent");
  teller.after(1_000);
  teller.say("resolved", "witness-silent");
  teller.say("urgent", "hub-lost");
  expect(teller.told).toEqual([
    "phone: raised witness-silent pc2",
    "phone: resolved witness-silent pc2",
    "phone: raised hub-lost pc2",
    "pager: raised hub-lost pc2",
  ]);
});

it("what is raised a fourth time within ten minutes is told as flapping, again after 10 and 30 minutes, and once when it has settled", () => {
  const teller = new Teller();
  const start = teller.nowMs;
  for (let turn = 0; turn < 40; turn++) {
    teller.say("urgent");
    teller.after(minuteMs / 2);
    teller.say("resolved");
    teller.after(minuteMs / 2);
  }
  const settledAtMs = teller.nowMs - minuteMs / 2 + 10 * minuteMs;
  teller.after(settledAtMs - teller.nowMs - 1);
  const pair = ["phone: raised nats-lost pc2", "phone: resolved nats-lost pc2"];
  expect(teller.told).toEqual([
    ...pair,
    ...pair,
    ...pair,
    "phone: flapping nats-lost pc2",
    "phone: still-flapping nats-lost pc2",
    "phone: still-flapping nats-lost pc2",
  ]);
  expect(teller.nowMs - start).toBe(49.5 * minuteMs - 1);
  teller.after(1);
  teller.after(3 * 3_600_000);
  expect(teller.told.slice(9)).toEqual(["phone: settled nats-lost pc2"]);
  teller.say("urgent");
  expect(teller.told.slice(10)).toEqual(["phone: raised nats-lost pc2"]);
});

it("what stands when it has settled is told to be over when it is", () => {
  const teller = new Teller();
  for (let turn = 0; turn < 4; turn++) {
    teller.say("resolved");
    teller.after(1_000);
    teller.say("urgent");
    teller.after(1_000);
  }
  teller.after(11 * minuteMs);
  teller.say("resolved");
  expect(teller.told.slice(6)).toEqual([
    "phone: flapping nats-lost pc2",
    "phone: settled nats-lost pc2",
    "phone: resolved nats-lost pc2",
  ]);
});

it("a silenced alert is told when the silence ends while it stands, and never when it was over before", () => {
  const teller = new Teller();
  teller.quiet = new Set(["nats-lost", "hub-lost"]);
  teller.say("urgent");
  teller.say("urgent", "hub-lost");
  teller.after(minuteMs);
  teller.say("resolved", "hub-lost");
  teller.after(minuteMs);
  expect(teller.told).toEqual([]);
  teller.quiet.clear();
  teller.after(1_000);
  expect(teller.told).toEqual(["phone: raised nats-lost pc2"]);
});

it("the end of what was told before the silence is told all the same", () => {
  const teller = new Teller();
  teller.say("urgent");
  teller.quiet.add("nats-lost");
  teller.after(1_000);
  teller.say("resolved");
  expect(teller.told).toEqual(["phone: raised nats-lost pc2", "phone: resolved nats-lost pc2"]);
});

it("a restart tells nothing twice, and what waits is told after it", () => {
  const teller = new Teller();
  teller.say("urgent");
  teller.peer = { cutForMs: undefined, channels: ["phone"], saidAtMs: undefined };
  teller.after(1_000);
  teller.say("resolved");
  expect(teller.told).toHaveLength(1);
  teller.restart();
  teller.peer = alone;
  teller.say("urgent", "nats-lost", "pc2", teller.nowMs - 1_000);
  teller.after(1_000);
  expect(teller.told).toEqual(["phone: raised nats-lost pc2", "phone: resolved nats-lost pc2"]);
});

it("of what is read back at a start, what stands is told however old, and what is over only when it is no older than an hour", () => {
  const teller = new Teller();
  const at = (agoMs: number, severity: Loudness | "resolved", subject: string) => ({
    at: { wallMs: teller.nowMs - agoMs, counter: 0 },
    severity,
    name: "nats-lost",
    subject,
    message: "",
    origin: "mainpc",
  });
  const dayMs = 86_400_000;
  for (const subject of ["old", "stands", "recent"]) {
    const agoMs = subject === "recent" ? 50 * minuteMs : 3 * dayMs;
    teller.book.note(at(agoMs, "urgent", subject), "read", 0);
    if (subject !== "stands") teller.book.note(at(agoMs - minuteMs, "resolved", subject), "read", 0);
  }
  teller.book.begin(teller.nowMs, teller.nowMs, (_, subject) => subject === "stands");
  teller.after(0);
  expect(teller.told).toEqual([
    "phone: raised nats-lost stands",
    "phone: raised nats-lost recent",
    "phone: resolved nats-lost recent",
  ]);
});

it("what the file says stands, and the records do not, is over, and told so where it was told", () => {
  const teller = new Teller();
  teller.say("urgent");
  teller.restart();
  teller.book.begin(teller.nowMs, teller.nowMs, () => false);
  teller.after(1_000);
  expect(teller.told).toEqual(["phone: raised nats-lost pc2", "phone: resolved nats-lost pc2"]);
});

it("an end is not told where a peer's telling of the beginning is not known", () => {
  const teller = new Teller([phone, { ...phone, name: "mail" }]);
  teller.peer = { cutForMs: undefined, channels: ["phone", "mail"], saidAtMs: undefined };
  teller.say("urgent", "nats-lost", "pc2", teller.nowMs, "pc2");
  const id = teller.book.dump().notices[0]?.id ?? "";
  teller.book.heard([[id, "mail", teller.nowMs]]);
  teller.peer = alone;
  teller.quiet.add("nats-lost");
  teller.after(1_000);
  teller.say("resolved");
  expect(teller.told).toEqual(["mail: resolved nats-lost pc2"]);
});

it("a trouble that both machines told of while they were apart is one, by its earlier record, and its end is told once", () => {
  const teller = new Teller();
  teller.say("urgent");
  const told = teller.book.dump().told[0]?.[0] ?? "";
  teller.say("urgent", "nats-lost", "pc2", teller.nowMs - 5_000, "pc2");
  teller.after(1_000);
  teller.say("resolved");
  expect(teller.told).toEqual(["phone: raised nats-lost pc2", "phone: resolved nats-lost pc2"]);
  const end = teller.book.dump().told.at(-1)?.[0] ?? "";
  expect(end.endsWith(" end") && !end.startsWith(told)).toBe(true);
});

it("no more than 500 notices wait: the oldest of what is over goes first, with its end, and what is dropped is counted", () => {
  const teller = new Teller();
  teller.peer = { cutForMs: undefined, channels: ["phone"], saidAtMs: undefined };
  teller.say("urgent", "nats-lost", "first");
  teller.after(1);
  for (let pair = 0; pair < 300; pair++) {
    teller.say("urgent", "nats-lost", `pair-${pair}`);
    teller.after(1);
    teller.say("resolved", "nats-lost", `pair-${pair}`);
  }
  const { notices } = teller.book.dump();
  expect(notices.length).toBeLessThanOrEqual(500);
  expect(teller.book.dropped).toBe(601 - notices.length);
  expect(notices[0]?.subject).toBe("first");
  expect(notices.some(({ subject }) => subject === "pair-0")).toBe(false);
  expect(notices.at(-1)?.subject).toBe("pair-299");
});

it("a warning that becomes urgent is told again, and its end to whoever heard either", () => {
  const teller = new Teller([phone, pager]);
  teller.say("warning", "budget-burning");
  teller.after(1_000);
  teller.say("urgent", "budget-burning");
  teller.after(1_000);
  teller.say("urgent", "budget-burning");
  teller.say("warning", "budget-burning", "pc2", teller.nowMs + 1);
  teller.after(1_000);
  teller.say("resolved", "budget-burning");
  expect(teller.told).toEqual([
    "phone: raised budget-burning pc2",
    "phone: raised budget-burning pc2",
    "pager: raised budget-burning pc2",
    "phone: resolved budget-burning pc2",
    "pager: resolved budget-burning pc2",
  ]);
});

it("the end of a warning that was told is told though it became urgent while silenced", () => {
  const teller = new Teller([phone, pager]);
  teller.say("warning", "budget-burning");
  teller.quiet.add("budget-burning");
  teller.after(1_000);
  teller.say("urgent", "budget-burning");
  teller.after(1_000);
  teller.say("resolved", "budget-burning");
  expect(teller.told).toEqual(["phone: raised budget-burning pc2", "phone: resolved budget-burning pc2"]);
});

it("hubs that hear warning and urgent in any order come to the same end", () => {
  const words = (["warning", "urgent", "warning", "urgent"] as const).map(
    (severity, i) => [severity, 999_990_000 + i] as const,
  );
  const orders = [
    [0, 1, 2, 3],
    [3, 2, 1, 0],
    [1, 0, 3, 2],
    [2, 0, 3, 1],
  ].map((order) => {
    const teller = new Teller([phone, pager]);
    for (const index of order) {
      const [severity, wallMs] = words[index] ?? ["warning", 0];
      teller.say(severity, "budget-burning", "pc2", wallMs);
    }
    teller.say("resolved", "budget-burning", "pc2", 999_995_000);
    expect(teller.told.slice(-2)).toEqual(["phone: resolved budget-burning pc2", "pager: resolved budget-burning pc2"]);
    return teller.book.dump().told.at(-1)?.[0];
  });
  expect(new Set(orders).size).toBe(1);
});

it("what flaps and was last heard of ten minutes before has settled, whether time was looked at meanwhile or not", () => {
  const teller = new Teller();
  for (let turn = 0; turn < 4; turn++) {
    teller.say("urgent");
    teller.nowMs += 1_000;
    teller.say("resolved");
    teller.nowMs += 1_000;
  }
  teller.nowMs += 10 * minuteMs;
  teller.say("urgent");
  expect(teller.told.slice(6)).toEqual([
    "phone: flapping nats-lost pc2",
    "phone: settled nats-lost pc2",
    "phone: raised nats-lost pc2",
  ]);
});

it("what was raised while it flaps is known as raised, though nobody is told", () => {
  const { book } = new Teller();
  const note = (severity: Loudness | "resolved", wallMs: number) =>
    book.note(
      { at: { wallMs, counter: 0 }, severity, name: "nats-lost", subject: "pc2", message: "", origin: "mainpc" },
      "made",
      0,
    );
  for (let turn = 0; turn < 5; turn++) {
    const { notice, raised } = note("urgent", 10 * turn + 1);
    expect([notice !== undefined, raised !== undefined, note("urgent", 10 * turn + 2)]).toEqual([turn < 4, true, {}]);
    note("resolved", 10 * turn + 5);
  }
});

it("what was told of a trouble that stands is remembered, and said to the peer, behind 2,500 others and after two days", () => {
  const teller = new Teller();
  teller.say("urgent");
  const id = teller.book.dump().told[0]?.[0] ?? "";
  for (let i = 0; i < 2_500; i++) teller.book.told(`other-${i}`, "phone", teller.nowMs);
  expect(teller.book.words(teller.nowMs).map(([each]) => each)).toContain(id);
  teller.after(2 * 86_400_000);
  expect(teller.book.words(teller.nowMs).map(([each]) => each)).toContain(id);
  teller.say("resolved");
  expect(teller.told).toEqual(["phone: raised nats-lost pc2", "phone: resolved nats-lost pc2"]);
});

it("450 troubles that stand, and their ends, are told once each to 5 channels, over a restart, and all of it is said to the peer", () => {
  const channels = Array.from({ length: 5 }, (_, i) => ({ ...phone, name: `channel-${i}` }));
  const options = { self: "mainpc", machines, channels };
  let book = new NotifyBook(options, undefined, 0);
  let nowMs = 1_000_000_000;
  const say = (severity: Loudness | "resolved") => {
    for (let i = 0; i < 450; i++) {
      const at = { wallMs: nowMs, counter: i };
      const about = { name: "agent-unhealthy", subject: `pc2/agent-${i}`, message: "", origin: "mainpc" };
      book.note({ at, severity, ...about }, "made", nowMs);
    }
  };
  /** How many tellings ten minutes bring, with a message a minute to each channel. */
  const tell = () => {
    let count = 0;
    for (const endMs = nowMs + 10 * minuteMs; nowMs < endMs; nowMs += minuteMs) {
      const sight = { nowMs, clockMs: nowMs, peer: alone, isQuiet: () => false };
      book.tick(sight);
      for (const channel of channels) {
        const notices = book.candidates(channel, sight);
        for (const { id } of notices) book.told(id, channel.name, nowMs);
        count += notices.length;
      }
    }
    return count;
  };
  say("urgent");
  expect(tell()).toBe(2_250);
  const words = [book.words(nowMs), book.words(nowMs)];
  expect(words.map(({ length }) => length)).toEqual([2_000, 2_000]);
  expect(new Set(words.flat().map(([id, channel]) => `${channel} ${id}`)).size).toBe(2_250);
  book = new NotifyBook(options, BookDump.parse(JSON.parse(JSON.stringify(book.dump()))), nowMs);
  expect(tell()).toBe(0);
  say("resolved");
  expect(tell()).toBe(2_250);
});

it("what a peer's late records say was over more than an hour ago is not told", () => {
  const teller = new Teller();
  for (const [severity, agoMs] of [
    ["urgent", 180 * minuteMs],
    ["resolved", 179 * minuteMs],
  ] as const)
    teller.book.note(
      {
        at: { wallMs: teller.nowMs - agoMs, counter: 0 },
        severity,
        name: "hub-lost",
        subject: "pc2",
        message: "",
        origin: "pc2",
      },
      "heard",
      teller.nowMs,
    );
  teller.after(0);
  expect(teller.told).toEqual([]);
});

/** What mainpc's book may tell now, when pc2 does not hear it and tells nothing itself. */
function contradictable() {
  const book = new NotifyBook({ self: "mainpc", machines, channels: [phone] }, undefined, 0);
  let nowMs = 1_000_000_000;
  const sight = () => ({ nowMs, clockMs: nowMs, peer: alone, isQuiet: () => false });
  return {
    book,
    say: (how: "made" | "heard", severity: Loudness | "resolved") => {
      const origin = how === "made" ? "mainpc" : "pc2";
      const at = { wallMs: nowMs++, counter: 0 };
      book.note({ at, severity, name: "nats-lost", subject: "mainpc", message: "", origin }, how, nowMs);
    },
    after: (ms: number) => {
      nowMs += ms;
      book.tick(sight());
    },
    tell: () => {
      const told: string[] = [];
      for (let next = book.candidates(phone, sight())[0]; next; next = book.candidates(phone, sight())[0]) {
        book.told(next.id, phone.name, nowMs);
        told.push(next.kind);
      }
      return told;
    },
  };
}

it("an end that the peer stored is told 15 s later, and not at all when this hub has raised it again by then", () => {
  const { say, after, tell } = contradictable();
  say("made", "urgent");
  expect(tell()).toEqual(["raised"]);
  say("heard", "resolved");
  after(14_000);
  expect(tell()).toEqual([]);
  say("made", "urgent");
  expect(tell()).toEqual(["raised"]);
  after(60_000);
  expect(tell()).toEqual([]);
  say("heard", "resolved");
  after(15_000);
  expect(tell()).toEqual(["resolved"]);
});

it("an end of this hub's own is told at once, and one of the peer's is not kept back by what the peer says after it", () => {
  const { say, after, tell } = contradictable();
  say("made", "urgent");
  say("made", "resolved");
  expect(tell()).toEqual(["raised", "resolved"]);
  say("heard", "urgent");
  say("heard", "resolved");
  say("heard", "urgent");
  after(15_000);
  expect(tell()).toEqual(["raised", "resolved", "raised"]);
});

it("500 notices of one hub drop none of the other's", () => {
  const book = new NotifyBook({ self: "mainpc", machines, channels: [phone] }, undefined, 0);
  const note = (i: number, origin: string) =>
    book.note(
      { at: { wallMs: i, counter: 0 }, severity: "urgent", name: "odd", subject: `s${i}`, message: "", origin },
      origin === "mainpc" ? "made" : "heard",
      i,
    );
  for (let i = 0; i < 3; i++) note(i, "mainpc");
  for (let i = 3; i < 700; i++) note(i, "pc2");
  const kept = book.dump().notices.filter(({ origin }) => origin === "mainpc");
  expect([kept.length, book.dump().notices.length, book.dropped]).toEqual([3, 500, 200]);
});
