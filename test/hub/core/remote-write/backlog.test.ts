import fc from "fast-check";
import { expect, it } from "vitest";
import { Backlog, type QueuedRequest, type RequestKind } from "../../../../hub/core/remote-write/backlog.ts";

const request = (segment: number, start: number, atMs: number, kind: RequestKind = "shared"): QueuedRequest => ({
  segment,
  start,
  end: start + 10,
  samples: 7,
  atMs,
  kind,
});

it("each target goes on by itself, and a file is done with once all have passed it and it is not written to any more", () => {
  const backlog = new Backlog(["near", "far"], 100);
  const [a, b, c] = [request(1, 0, 1), request(1, 10, 2), request(2, 0, 3)];
  for (const each of [a, b, c]) backlog.add(each);
  for (const each of [a, b, c]) {
    expect(backlog.next("near")).toBe(each);
    backlog.pass("near", each, true);
  }
  expect([backlog.next("near"), backlog.next("far"), backlog.passedSegment(2)]).toEqual([undefined, a, undefined]);
  backlog.pass("far", a, true);
  backlog.pass("far", b, true);
  expect([backlog.passedSegment(1), backlog.passedSegment(2)]).toEqual([undefined, 1]);
  expect([backlog.position("near"), backlog.position("far")]).toEqual([
    { segment: 2, offset: 10 },
    { segment: 2, offset: 0 },
  ]);
});

it("when the oldest file goes, what a target had not got of it is counted, and what is under way meanwhile changes nothing", () => {
  const backlog = new Backlog(["near", "far"], 100);
  const [a, b, c] = [request(1, 0, 1), request(1, 10, 2), request(2, 0, 3)];
  for (const each of [a, b, c]) backlog.add(each);
  backlog.pass("near", a, true);
  expect(Object.fromEntries(backlog.dropSegment())).toEqual({ near: 7, far: 14 });
  backlog.pass("near", b, true);
  expect([backlog.next("near"), backlog.next("far")]).toEqual([c, c]);
});

it("a target has everything up to an instant once all of the shared requests of that instant were sent, and by this hub", () => {
  const backlog = new Backlog(["near"], 100);
  const [own, first, second] = [request(1, 0, 100, "own"), request(1, 10, 100), request(1, 20, 100)];
  for (const each of [own, first, second]) backlog.add(each);
  backlog.pass("near", own, true);
  expect(backlog.sent("near")).toBeUndefined();
  backlog.pass("near", first, true);
  expect(backlog.sent("near")).toBeUndefined();
  backlog.pass("near", second, true);
  expect(backlog.sent("near")).toEqual({ fromMs: 100, upToMs: 100 });
  const left = request(1, 30, 200);
  backlog.add(left);
  expect(backlog.sent("near")).toEqual({ fromMs: 100, upToMs: 100 });
  backlog.pass("near", left, false);
  expect(backlog.sent("near")).toEqual({ fromMs: 100, upToMs: 100 });
  // Of 200 it cannot say anything, so it answers for what comes behind it alone.
  for (const [i, atMs] of [300, 400, 400].entries()) {
    const more = request(1, 40 + 10 * i, atMs);
    backlog.add(more);
    backlog.pass("near", more, true);
  }
  expect(backlog.sent("near")).toEqual({ fromMs: 300, upToMs: 400 });
});

it.each<[string, [number, boolean][], [number, number] | undefined]>([
  [
    "refused first",
    [
      [100, true],
      [200, false],
      [200, true],
    ],
    [100, 100],
  ],
  [
    "refused last",
    [
      [100, true],
      [200, true],
      [200, false],
    ],
    [100, 199],
  ],
  [
    "refused in the middle",
    [
      [100, true],
      [200, true],
      [200, false],
      [200, true],
    ],
    [100, 199],
  ],
  [
    "refused first, of the first instant",
    [
      [200, false],
      [200, true],
    ],
    undefined,
  ],
  [
    "refused last, of the first instant",
    [
      [200, true],
      [200, false],
    ],
    undefined,
  ],
  [
    "refused last, with a whole one behind it",
    [
      [100, true],
      [200, true],
      [200, false],
      [300, true],
    ],
    [300, 300],
  ],
  [
    "refused first, with whole ones behind it",
    [
      [200, false],
      [200, true],
      [300, true],
      [300, true],
      [400, true],
    ],
    [300, 400],
  ],
])("an instant of which something was refused was not sent: %s", (_, passes, span) => {
  const backlog = new Backlog(["near"], 100);
  const requests = passes.map(([atMs], i) => request(1, 10 * i, atMs));
  for (const each of requests) backlog.add(each);
  for (const [i, each] of requests.entries()) backlog.pass("near", each, passes[i]?.[1] === true);
  expect(backlog.sent("near")).toEqual(span && { fromMs: span[0], upToMs: span[1] });
});

it("an instant of which a part went with its file, or was passed before a start, was not sent", () => {
  const backlog = new Backlog(["near"], 100);
  const [whole, first, second, next] = [
    request(1, 0, 100),
    request(1, 10, 200),
    request(1, 20, 200),
    request(2, 0, 300),
  ];
  for (const each of [whole, first, second, next]) backlog.add(each);
  for (const each of [whole, first]) backlog.pass("near", each, true);
  const position = backlog.position("near");
  backlog.dropSegment();
  expect(backlog.sent("near")).toEqual({ fromMs: 100, upToMs: 199 });
  const after = new Backlog(["near"], 100);
  for (const each of [whole, first, second, next]) after.add(each);
  after.resume("near", position);
  after.pass("near", second, true);
  expect(after.sent("near")).toBeUndefined();
  after.pass("near", next, true);
  expect(after.sent("near")).toEqual({ fromMs: 300, upToMs: 300 });
});

it("an instant of which one request is taken only after its file went was not sent, since the others went with it", () => {
  const backlog = new Backlog(["near"], 100);
  const [first, second, later, next] = [
    request(1, 0, 100),
    request(1, 10, 100),
    request(1, 20, 200),
    request(2, 0, 300),
  ];
  for (const each of [first, second, later, next]) backlog.add(each);
  backlog.dropSegment();
  backlog.pass("near", first, true);
  expect([backlog.sent("near"), backlog.next("near")]).toEqual([undefined, next]);
  backlog.pass("near", next, true);
  expect(backlog.sent("near")).toEqual({ fromMs: 300, upToMs: 300 });
});

it("after a start at any moment, with the positions of any moment before, a target gets all that it had not, in its order, and little twice", () => {
  const deed = fc.oneof(
    fc.record({ kind: fc.constant("add" as const), rolls: fc.boolean() }),
    fc.record({ kind: fc.constant("pass" as const), target: fc.constantFrom("near", "far") }),
    fc.constant({ kind: "keep" as const }),
    fc.constant({ kind: "start" as const }),
  );
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 60 }), (deeds) => {
      const targets = ["near", "far"];
      const got = new Map<string, number[]>(targets.map((name) => [name, []]));
      let disk: QueuedRequest[] = [];
      let kept = new Map<string, { segment: number; offset: number }>();
      let [segment, start, count] = [1, 0, 0];
      let backlog = new Backlog(targets, 100);
      for (const each of deeds) {
        if (each.kind === "add") {
          if (each.rolls) [segment, start] = [segment + 1, 0];
          const added = request(segment, start, ++count);
          start += 10;
          disk.push(added);
          backlog.add(added);
        } else if (each.kind === "pass") {
          const next = backlog.next(each.target);
          if (next === undefined) continue;
          got.get(each.target)?.push(next.atMs);
          backlog.pass(each.target, next, true);
        } else if (each.kind === "keep") {
          kept = new Map(targets.map((name) => [name, backlog.position(name)]));
          for (let done = backlog.passedSegment(segment); done !== undefined; done = backlog.passedSegment(segment)) {
            backlog.dropSegment();
            disk = disk.filter((queued) => queued.segment !== done);
          }
        } else {
          // A new process never writes to a file of an earlier one.
          [segment, start] = [segment + 1, 0];
          backlog = new Backlog(targets, 100);
          for (const queued of disk) backlog.add(queued);
          for (const [name, position] of kept) backlog.resume(name, position);
        }
      }
      for (const name of targets) {
        for (let next = backlog.next(name); next !== undefined; next = backlog.next(name)) {
          got.get(name)?.push(next.atMs);
          backlog.pass(name, next, true);
        }
        const firsts = [...new Set(got.get(name))];
        expect(firsts).toEqual(Array.from({ length: count }, (_, i) => i + 1));
      }
    }),
  );
});
