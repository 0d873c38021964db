import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Clients } from "../../../ops/soak/clients.ts";
import { Gather, mayBeStored } from "../../../ops/soak/gather.ts";
import type { HubWord, Look } from "../../../ops/soak/look.ts";
import { wholeOutages } from "../../../ops/soak/outages.ts";

const horizonMs = 2_500;
const newGather = (past = new Map()) =>
  new Gather(
    {
      clients: new Clients(past),
      clientOf: (stream) => (stream === "load" ? "c" : undefined),
      kindOf: () => "all",
      horizonMs,
    },
    0,
  );
const asked = (stream: string, atMs: number, ok = true, tookMs = 10, errors: string[] = [], number?: number) => ({
  stream,
  atMs,
  tookMs,
  ok,
  by: "mainpc",
  errors,
  ...(number === undefined ? {} : { number }),
});
const word = (changes: Partial<HubWord> = {}): HubWord => ({
  inSync: true,
  missing: 0,
  metTwice: 0,
  pending: 0,
  clients: [],
  ...changes,
});
const look = (...said: (HubWord | undefined)[]): Look => ({
  atMs: 0,
  hubs: said.map((one, i) => ({ name: `hub${i}`, said: one })),
  machines: {},
  processes: {},
  lateMs: 0,
});

describe("a slice", () => {
  it("observed as many seconds as looks were taken, never more than it lasted", () => {
    const gather = newGather();
    for (let i = 0; i < 40; i++) gather.look(look(word()));
    expect(gather.take(60_000).observedMs).toBe(40_000);
    for (let i = 0; i < 90; i++) gather.look(look(word()));
    expect(gather.take(120_000).observedMs).toBe(60_000);
  });

  it("counts requests of each client, and their errors also where the other address then answered", () => {
    const gather = newGather();
    gather.note(
      [asked("page", 0), asked("page", 1_000, true, 900, ["mainpc: ECONNREFUSED"]), asked("read", 0, false)],
      10_000,
    );
    const slice = gather.take(10_000);
    expect(slice.streams).toEqual({ page: { asked: 2, failed: 0 }, read: { asked: 1, failed: 1 } });
    expect(slice.errors).toEqual({ "mainpc: ECONNREFUSED": 1 });
    expect(slice.percentiles?.max).toBeGreaterThan(890);
  });

  it("waits for answers that may still come before it judges those after them", () => {
    const gather = newGather();
    gather.note([asked("page", 9_000)], 10_000);
    expect(gather.take(10_000).streams).toEqual({});
    gather.note([], 12_000);
    expect(gather.take(12_000).streams).toEqual({ page: { asked: 1, failed: 0 } });
  });

  it("finds the same outages in whatever order the answers came", () => {
    const requests = Array.from({ length: 20 }, (_, i) =>
      asked("page", 100 * i, i < 5 || i > 12, i < 5 || i > 12 ? 10 : 2_000),
    );
    const order = fc.shuffledSubarray(requests, { minLength: requests.length });
    fc.assert(
      fc.property(order, (shuffled) => {
        const gather = newGather();
        for (const request of shuffled) gather.note([request], 2_000);
        expect(gather.take(2_000, true).outages).toEqual([{ stream: "page", fromMs: 500, toMs: 1_310, open: false }]);
      }),
    );
  });

  it("begins anew after a sleep of this computer, which no outage is as long as", () => {
    const gather = newGather();
    gather.note([asked("page", 0, false, 1_000)], 10_000);
    gather.take(10_000);
    gather.wake(3_600_000);
    gather.note([asked("page", 3_600_000, false, 1_000), asked("page", 3_601_000)], 3_610_000);
    const slice = gather.take(3_610_000);
    expect(slice).toMatchObject({ fromMs: 3_600_000, toMs: 3_610_000 });
    expect(slice.outages).toEqual([
      { stream: "page", fromMs: 0, toMs: 1_000, open: false },
      { stream: "page", fromMs: 3_600_000, toMs: 3_601_010, open: false },
    ]);
  });

  it("tells of an outage that stands in each slice, which is one outage in the end", () => {
    const gather = newGather();
    gather.note([asked("page", 0, false, 1_000)], 60_000);
    const first = gather.take(60_000);
    gather.note([asked("page", 61_000)], 120_000);
    const second = gather.take(120_000);
    expect(first.outages).toEqual([{ stream: "page", fromMs: 0, toMs: 1_000, open: true }]);
    expect(wholeOutages([...first.outages, ...second.outages])).toEqual([
      { stream: "page", fromMs: 0, toMs: 61_010, open: false },
    ]);
  });
});

describe("acknowledged pushes", () => {
  const line = (highest: number, missing: number, duplicates = 0) => ({ client: "c", highest, missing, duplicates });
  const withPushes = (count: number) => {
    const gather = newGather();
    gather.note(
      Array.from({ length: count }, (_, i) => asked("load", i, true, 1, [], i + 1)),
      60_000,
    );
    return gather;
  };

  it("are lost when both hubs are in sync and hold fewer, in each look of the slice", () => {
    const gather = withPushes(10);
    gather.look(look(word({ clients: [line(10, 2)] }), word({ clients: [line(10, 2)] })));
    expect(gather.take(60_000).clients).toEqual({
      c: { acknowledged: 10, lost: 2, duplicates: 0, uncertain: 0, unseen: 0 },
    });
  });

  it("are not lost when they were missing for a moment only", () => {
    const gather = withPushes(10);
    for (const missing of [3, 1, 0, 2])
      gather.look(look(word({ clients: [line(10, missing)] }), word({ clients: [line(10, 0)] })));
    expect(gather.take(60_000).clients).toMatchObject({ c: { lost: 0 } });
  });

  it("are not known to be held while a hub is silent or out of sync", () => {
    const gather = withPushes(10);
    gather.look(look(word({ clients: [line(10, 0)] }), undefined));
    gather.look(look(word({ clients: [line(10, 0)] }), word({ inSync: false, clients: [line(10, 0)] })));
    expect(gather.take(60_000).clients).toMatchObject({ c: { acknowledged: 10, lost: null } });
  });

  it("of an earlier start keep what was known of them until a hub tells anew", () => {
    const past = new Map([["old", { acknowledged: 5, lost: 0, duplicates: 0, uncertain: 0, unseen: 0 }]]);
    const gather = newGather(past);
    expect(gather.take(60_000).clients).toMatchObject({ old: { acknowledged: 5, lost: 0 } });
    const clients = [{ client: "old", highest: 5, missing: 1, duplicates: 0 }];
    gather.look(look(word({ clients }), word({ clients })));
    expect(gather.take(120_000).clients).toMatchObject({ old: { lost: 1 } });
  });

  it("of a start that ended suddenly may be stored twice by the slice that was lost, at most so often, and once", () => {
    const past = new Map([["old", { acknowledged: 5, lost: 0, duplicates: 1, uncertain: 1, unseen: 0 }]]);
    const after = (most: number, ...told: number[]) => {
      const clients = new Clients(past, () => most);
      for (const duplicates of told) {
        const words = [word({ clients: [{ client: "old", highest: 5, missing: 0, duplicates }] })];
        clients.compare(words);
      }
      return clients.take().old;
    };
    expect(after(4, 3, 3)).toMatchObject({ duplicates: 3, uncertain: 1, unseen: 2 });
    expect(after(4, 9)).toMatchObject({ duplicates: 9, unseen: 4 });
    expect(after(4, 1, 3)).toMatchObject({ duplicates: 3, unseen: 0 });
    expect(after(0, 3)).toMatchObject({ duplicates: 3, unseen: 0 });
  });

  it("may be stored twice once for each try whose outcome is not known, which a refused connection or a full disk is not", () => {
    const gather = newGather();
    const errors = ["mainpc: ECONNREFUSED", "pc2: status 507", "mainpc: no answer in 1000 ms", "pc2: status 503"];
    gather.note([asked("load", 0, true, 1, errors, 1)], 60_000);
    expect(gather.take(60_000).clients).toMatchObject({ c: { acknowledged: 1, uncertain: 2, unseen: 0 } });
    expect(errors.map(mayBeStored)).toEqual([false, false, true, true]);
  });
});
