import { describe, expect, it } from "vitest";
import { type Deed, Supervision, stopMarginMs } from "../../../../hub/core/supervisor/supervision.ts";
import type { ServiceWord } from "../../../../hub/core/supervisor/word.ts";

const word = (epoch: number, more: Partial<ServiceWord> = {}): ServiceWord => ({
  service: "Chat",
  epoch,
  run: true,
  untilMonoMs: null,
  ...more,
});

/** A word that is on disk. */
function told(supervision: Supervision, said: ServiceWord, atMs: number) {
  const refused = supervision.take([said], atMs);
  const kept = supervision.unkept();
  if (kept !== undefined) supervision.kept(kept);
  return refused;
}

function carriedOut(supervision: Supervision, atMs: number): string[] {
  const deeds = supervision.due(atMs);
  for (const deed of deeds) supervision.done(deed, undefined, atMs);
  return deeds.map(shown);
}

const shown = (deed: Deed) =>
  deed.type === "start"
    ? `start ${deed.service}`
    : `stop ${deed.service}${deed.killAtMs === null ? "" : ` by ${deed.killAtMs}`}`;

const started = (more: Partial<ServiceWord> = {}) => {
  const supervision = new Supervision({}, true);
  told(supervision, word(4, more), 1_000);
  expect(carriedOut(supervision, 1_000)).toEqual(["start Chat"]);
  return supervision;
};

describe("words", () => {
  it("a service is started by a word once its epoch is on disk, and not before", () => {
    const supervision = new Supervision({}, true);
    supervision.take([word(4)], 1_000);
    expect(supervision.due(1_000)).toEqual([]);
    supervision.kept({ Chat: { epoch: 4, goesOn: true } });
    expect(supervision.unkept()).toBeUndefined();
    expect(carriedOut(supervision, 1_000)).toEqual(["start Chat"]);
    expect(carriedOut(supervision, 2_000)).toEqual([]);
  });

  it("a word of epoch 3 after one of epoch 4 is refused, also when epoch 4 is known from disk only, and changes nothing", () => {
    const supervision = started();
    expect(told(supervision, word(3, { run: false }), 1_100)).toEqual([{ service: "Chat", epoch: 3, known: 4 }]);
    expect(carriedOut(supervision, 1_200)).toEqual([]);

    const later = new Supervision({ Chat: { epoch: 4, goesOn: false } }, true);
    expect(told(later, word(3), 1_000)).toEqual([{ service: "Chat", epoch: 3, known: 4 }]);
    expect(carriedOut(later, 1_000)).toEqual([]);
    expect(told(later, word(4), 1_000)).toEqual([]);
  });

  it("run: false stops it, without a moment by which it must be gone", () => {
    const supervision = started();
    told(supervision, word(5, { run: false }), 2_000);
    expect(carriedOut(supervision, 2_000)).toEqual(["stop Chat"]);
    expect(supervision.view()).toMatchObject([{ service: "Chat", epoch: 5, run: false, running: false }]);
  });

  it("run: false on a lease stops it, to be gone by the end of the lease: another may act then", () => {
    const supervision = started({ untilMonoMs: 3_000 });
    told(supervision, word(4, { untilMonoMs: 3_500 }), 1_500);
    told(supervision, word(4, { run: false }), 1_700);
    expect(carriedOut(supervision, 1_700)).toEqual(["stop Chat by 3500"]);
  });

  it("a renewed lease writes nothing to disk, and a new epoch does", () => {
    const supervision = started({ untilMonoMs: 3_000 });
    supervision.take([word(4, { untilMonoMs: 3_500 })], 1_500);
    expect(supervision.unkept()).toBeUndefined();
    supervision.take([word(6, { untilMonoMs: 3_500 })], 1_500);
    expect(supervision.unkept()).toEqual({ Chat: { epoch: 6, goesOn: false } });
  });
});

describe("leases", () => {
  it("the margin is 10 % of the lease and 100 ms at least", () => {
    expect(stopMarginMs(2_000)).toBe(200);
    expect(stopMarginMs(500)).toBe(100);
  });

  it("a lease of 2 s that nobody renews stops the service after 1.8 s, to be gone after 2 s", () => {
    const supervision = started({ untilMonoMs: 3_000 });
    expect(supervision.nextAtMs(1_000)).toBe(2_800);
    expect(carriedOut(supervision, 2_799)).toEqual([]);
    expect(carriedOut(supervision, 2_800)).toEqual(["stop Chat by 3000"]);
  });

  it("one that is renewed in time goes on", () => {
    const supervision = started({ untilMonoMs: 3_000 });
    told(supervision, word(4, { untilMonoMs: 4_500 }), 2_500);
    expect(carriedOut(supervision, 2_800)).toEqual([]);
    expect(carriedOut(supervision, 4_300)).toEqual(["stop Chat by 4500"]);
  });

  it("a sleep of the machine counts: after one that the lease did not outlast the service is stopped at once, after a short one the sooner", () => {
    const supervision = started({ untilMonoMs: 3_000 });
    supervision.slept(500);
    expect(supervision.nextAtMs(1_000)).toBe(2_300);
    supervision.slept(3_600_000);
    expect(carriedOut(supervision, 1_100)).toEqual(["stop Chat by -3597500"]);
    told(supervision, word(4, { untilMonoMs: 4_000 }), 1_200);
    expect(carriedOut(supervision, 2_000)).toEqual(["start Chat"]);
  });

  it("a word whose lease is over already starts nothing", () => {
    const supervision = new Supervision({}, true);
    told(supervision, word(4, { untilMonoMs: 900 }), 1_000);
    expect(carriedOut(supervision, 1_000)).toEqual([]);
  });

  it("the end of a lease stops also what is still being started, and the start's own end is then not believed", () => {
    const supervision = new Supervision({}, true);
    told(supervision, word(4, { untilMonoMs: 3_000 }), 1_000);
    const [start] = supervision.due(1_000);
    const [stop] = supervision.due(2_800);
    if (start === undefined || stop === undefined) throw new Error("two deeds were due");
    expect([shown(start), shown(stop)]).toEqual(["start Chat", "stop Chat by 3000"]);
    supervision.done(start, undefined, 2_900);
    supervision.done(stop, undefined, 2_950);
    expect(supervision.view()).toMatchObject([{ running: false }]);
  });
});

describe("what was found running", () => {
  it("what runs at the start without a word is stopped", () => {
    const supervision = new Supervision({ Chat: { epoch: 4, goesOn: false } }, true);
    supervision.seen(new Set(["Chat", "Plan"]), 1_000);
    expect(carriedOut(supervision, 1_000)).toEqual(["stop Chat", "stop Plan"]);
  });

  it("what no lease bounds goes on over a start of the supervisor, but not over one of the machine", () => {
    const kept = { Chat: { epoch: 4, goesOn: true } };
    const again = new Supervision(kept, true);
    again.seen(new Set(["Chat"]), 1_000);
    expect(carriedOut(again, 1_000)).toEqual([]);

    const booted = new Supervision(kept, false);
    booted.seen(new Set(["Chat"]), 1_000);
    expect(carriedOut(booted, 1_000)).toEqual(["stop Chat"]);
    expect(booted.unkept()).toEqual({ Chat: { epoch: 4, goesOn: false } });
  });

  it("what was to go on and does not run any more is started by a word alone, not by what stands on disk", () => {
    const supervision = new Supervision({ Chat: { epoch: 4, goesOn: true } }, true);
    supervision.seen(new Set(), 1_000);
    expect(carriedOut(supervision, 1_000)).toEqual([]);
    told(supervision, word(3), 2_000);
    expect(carriedOut(supervision, 2_000)).toEqual([]);
    told(supervision, word(4), 3_000);
    expect(carriedOut(supervision, 3_000)).toEqual(["start Chat"]);
  });

  it("a look that began before a deed ended says nothing of that service", () => {
    const supervision = started();
    supervision.seen(new Set(), 999);
    expect(carriedOut(supervision, 5_000)).toEqual([]);
    supervision.seen(new Set(), 1_001);
    expect(carriedOut(supervision, 5_000)).toEqual(["start Chat"]);
  });
});

describe("what fails", () => {
  it("an instance that keeps dying is started again after 1, 2, 4 s, up to 30 s; one that ran for 30 s at once", () => {
    const supervision = started();
    const startedAtMs: number[] = [];
    for (let atMs = 1_001; atMs < 100_000; atMs += 1) {
      supervision.seen(new Set(), atMs);
      if (carriedOut(supervision, atMs).length > 0) startedAtMs.push(atMs);
    }
    const waits = startedAtMs.map((atMs, index) => atMs - (startedAtMs[index - 1] ?? 1_000));
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);

    const well = started();
    well.seen(new Set(["Chat"]), 40_000);
    well.seen(new Set(), 40_001);
    expect(carriedOut(well, 40_001)).toEqual(["start Chat"]);
    well.seen(new Set(), 40_002);
    expect(well.nextAtMs(40_002)).toBe(41_001);
  });

  it("a stop that fails is tried again after 100 ms, with the reason in view meanwhile", () => {
    const supervision = started();
    told(supervision, word(5, { run: false }), 2_000);
    const [stop] = supervision.due(2_000);
    if (stop === undefined) throw new Error("a stop was due");
    supervision.done(stop, "the engine does not answer", 2_500);
    expect(supervision.view()).toMatchObject([{ running: true, problem: "the engine does not answer" }]);
    expect(supervision.due(2_599)).toEqual([]);
    expect(supervision.nextAtMs(2_599)).toBe(2_600);
    expect(carriedOut(supervision, 2_600)).toEqual(["stop Chat"]);
    expect(supervision.view()).toMatchObject([{ running: false, problem: "" }]);
  });

  it("a start that failed but took effect after all is stopped at once when it may not run", () => {
    const supervision = new Supervision({}, true);
    told(supervision, word(4), 1_000);
    const [start] = supervision.due(1_000);
    if (start === undefined) throw new Error("a start was due");
    supervision.done(start, "no answer within 30 s", 1_100);
    told(supervision, word(5, { run: false }), 1_200);
    supervision.seen(new Set(["Chat"]), 1_300);
    expect(carriedOut(supervision, 1_300)).toEqual(["stop Chat"]);
  });
});
