import { beforeEach, expect, it } from "vitest";
import type { Notice } from "../../../../hub/core/notify/notice.ts";
import { Pace, singlyMost, singlyWithinMs, togetherEveryMs } from "../../../../hub/core/notify/pace.ts";

const notices = (count: number, origin = "pc2", from = 0): Notice[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `${origin} ${from + i}`,
    kind: "raised",
    name: "odd",
    subject: `s${i}`,
    severity: "warning",
    message: "",
    origin,
    sinceMs: 0,
    atMs: 0,
    dueMs: 0,
  }));

let pace: Pace;
let waiting: Notice[];
beforeEach(() => {
  [pace, waiting] = [new Pace(), []];
});

/** Messages that may be sent at this moment, each with the origin and number of what it tells of. */
function tellAll(clockMs: number): string[] {
  const told: string[] = [];
  for (let next = pace.next(waiting, clockMs); next.length > 0; next = pace.next(waiting, clockMs)) {
    pace.told(next, clockMs);
    waiting = waiting.filter((each) => !next.includes(each));
    told.push(`${next.length} of ${next[0]?.origin}`);
  }
  return told;
}

it("500 notices at once are 20 messages about one, and one about 480", () => {
  waiting = notices(500);
  expect(tellAll(0)).toEqual([...Array(singlyMost).fill("1 of pc2"), "480 of pc2"]);
  expect(waiting).toEqual([]);
});

it("what comes after that is told together once a minute, and by itself again when ten minutes have passed", () => {
  waiting = notices(singlyMost + 2);
  tellAll(0);
  waiting = notices(3, "pc2", 100);
  expect(tellAll(togetherEveryMs - 1)).toEqual([]);
  expect(tellAll(togetherEveryMs)).toEqual(["3 of pc2"]);
  waiting = notices(1, "pc2", 200);
  expect(tellAll(2 * togetherEveryMs - 1)).toEqual([]);
  expect(tellAll(2 * togetherEveryMs)).toEqual(["1 of pc2"]);
  waiting = notices(2, "pc2", 300);
  expect(tellAll(singlyWithinMs)).toEqual(["1 of pc2", "1 of pc2"]);
});

it("however much one hub says, what the other says is told by itself and does not wait", () => {
  waiting = [...notices(500), ...notices(2, "mainpc")];
  const told = tellAll(0);
  expect(told.filter((line) => line === "1 of mainpc")).toHaveLength(2);
  waiting = [...notices(100, "pc2", 1_000), ...notices(1, "mainpc", 10)];
  expect(tellAll(1_000)).toEqual(["1 of mainpc"]);
});

it("20 within ten minutes are told one by one, a minute apart or not", () => {
  for (let i = 0; i < singlyMost; i++) {
    waiting = notices(1, "mainpc", i);
    expect(tellAll(i * 1_000)).toEqual(["1 of mainpc"]);
  }
});
