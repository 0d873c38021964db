import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { NoteTaker } from "../../hub/note-taker.ts";
import { smallConfig } from "./small-config.ts";

let notes: string[];
let heardAgoMs: number;
let taker: NoteTaker;

beforeEach(() => {
  vi.useFakeTimers();
  [notes, heardAgoMs] = [[], 10];
  taker = new NoteTaker({
    config: smallConfig(),
    version: "1.2.3",
    put: ({ name, subject, message }) => notes.push(`${name} ${subject}: ${message}`),
    heardAgoMs: () => heardAgoMs,
    clock: () => Date.now(),
  });
});
afterEach(() => {
  taker.stop();
  vi.useRealTimers();
});

it("a hub tells its version when it starts, and whether it goes on for another", () => {
  taker.start(false);
  taker.stop();
  taker.start(true);
  expect(notes).toEqual([
    "hub-started mainpc: ObservabilityHub 1.2.3 started",
    "hub-started mainpc: ObservabilityHub 1.2.3 goes on for the hub that it replaces",
  ]);
});

it("a move is told by the hub of the machine that got the service", () => {
  const moved = { type: "moved", service: "TutorAgent", epoch: 3, why: "it is dead" } as const;
  taker.heard({ ...moved, from: "mainpc", to: "pc2" });
  taker.heard({ ...moved, from: "pc2", to: "mainpc", epoch: 4 });
  expect(notes).toEqual(["service-moved TutorAgent: from pc2 to mainpc, epoch 4: it is dead"]);
});

it("the link is told as lost after 2 s, and as healed after 2 s more", async () => {
  taker.start(false);
  notes = [];
  await vi.advanceTimersByTimeAsync(1_000);
  heardAgoMs = 2_000;
  await vi.advanceTimersByTimeAsync(250);
  heardAgoMs = 10;
  await vi.advanceTimersByTimeAsync(2_250);
  expect(notes).toEqual([
    "link-lost pc2: mainpc hears pc2 no more",
    "link-healed pc2: mainpc hears pc2 again after 2.3 s",
  ]);
});

it("maintenance that was ordered here is told at its begin and at its end, be it by a word or by its time", () => {
  const view = { target: "pc2", since: "", until: "2026-05-12T14:33:10.000Z", reason: "new disk", by: "ann" };
  const untilMs = Date.parse(view.until);
  taker.maintenanceBegun(view);
  taker.maintenanceIs(["pc2"], untilMs - 1);
  taker.maintenanceIs([], untilMs - 1);
  taker.maintenanceEnded({ ...view, by: "bob" });
  taker.maintenanceBegun(view);
  taker.maintenanceIs([], untilMs);
  taker.maintenanceIs([], untilMs);
  expect(notes).toEqual([
    "maintenance-begun pc2: new disk, until 2026-05-12 14:33Z (ann)",
    "maintenance-ended pc2: it is watched again (bob)",
    "maintenance-begun pc2: new disk, until 2026-05-12 14:33Z (ann)",
    "maintenance-ended pc2: its time is over: it is watched again",
  ]);
});

describe("maintenance that an earlier life of this hub has told the begin of", () => {
  const text = "new disk, until 2026-05-12 14:33Z (ann)";
  const beforeMs = Date.parse("2026-05-12T14:32:59.000Z");
  const afterMs = Date.parse("2026-05-12T14:33:20.000Z");
  const ended = ["maintenance-ended pc2: its time is over: it is watched again"];

  it("is told as ended at once where its time is over, also when it was stored late", () => {
    taker.resumeMaintenance([{ subject: "pc2", text: `${text}, at 14:03:10Z` }], [], afterMs);
    expect(notes).toEqual(ended);
  });

  it("is told as ended when its time is over later", () => {
    taker.resumeMaintenance([{ subject: "pc2", text }], ["pc2"], afterMs);
    taker.maintenanceIs(["pc2", "mainpc"], afterMs);
    expect(notes).toEqual([]);
    taker.maintenanceIs(["mainpc"], afterMs);
    expect(notes).toEqual(ended);
  });

  it("is not told as ended where somebody ended it before its time", () => {
    taker.resumeMaintenance([{ subject: "pc2", text }], ["pc2"], beforeMs);
    taker.maintenanceIs([], beforeMs);
    taker.maintenanceIs([], afterMs);
    expect(notes).toEqual([]);
  });

  it("is left to what this life was told meanwhile", () => {
    const view = { target: "pc2", since: "", until: "2026-05-12T14:33:10.000Z", reason: "new disk", by: "ann" };
    taker.maintenanceEnded(view);
    notes = [];
    taker.resumeMaintenance([{ subject: "pc2", text }], [], afterMs);
    expect(notes).toEqual([]);
  });

  it("is passed over where its words tell no end", () => {
    taker.resumeMaintenance([{ subject: "pc2", text: "new disk" }], [], afterMs);
    expect(notes).toEqual([]);
  });
});
