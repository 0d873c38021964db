import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Note } from "../../hub/core/timeline/note-names.ts";
import type { AppendOutcome } from "../../hub/io/journal.ts";
import { createLog } from "../../hub/io/log.ts";
import { NoteDesk } from "../../hub/note-desk.ts";

const stored: AppendOutcome = { kind: "stored", position: { incarnation: "i", seq: 1 } };
const away: AppendOutcome = { kind: "unavailable", reason: "the records are read back" };
let answer: () => Promise<AppendOutcome>;
let told: string[];
let lines: string[];
let desk: NoteDesk;

beforeEach(() => {
  vi.useFakeTimers();
  [told, lines] = [[], []];
  answer = async () => stored;
  desk = new NoteDesk({
    append: async ({ severity, message }) => {
      const outcome = await answer();
      if (outcome.kind === "stored") told.push(`${severity} ${message}`);
      return outcome;
    },
    log: createLog("test", (line) => lines.push(line)),
  });
});
afterEach(() => {
  desk.stop();
  vi.useRealTimers();
});

const note = (message: string): Note => ({ name: "service-moved", subject: "Twin", message });

it("notes of one subject are all stored, in their order, as what an older hub takes for ends of alerts", async () => {
  for (const message of ["a", "b", "c"]) desk.put(note(message));
  await vi.advanceTimersByTimeAsync(0);
  expect(told).toEqual(["resolved a", "resolved b", "resolved c"]);
  expect(vi.getTimerCount()).toBe(0);
});

it("what cannot be stored is tried again each second, before what came later, also when the store throws", async () => {
  answer = async () => away;
  desk.put(note("a"));
  await vi.advanceTimersByTimeAsync(1_500);
  answer = () => Promise.reject(new Error("closed"));
  desk.put(note("b"));
  await vi.advanceTimersByTimeAsync(1_500);
  expect(told).toEqual([]);
  answer = async () => stored;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told).toEqual([expect.stringMatching(/^resolved a, at /), "resolved b"]);
});

it("200 wait at most: the oldest is let go, with a word in the log", async () => {
  answer = async () => away;
  for (let i = 0; i < 201; i++) desk.put(note(`${i}`));
  await vi.advanceTimersByTimeAsync(0);
  answer = async () => stored;
  await vi.advanceTimersByTimeAsync(1_000);
  expect([told.length, told[0]]).toEqual([200, "resolved 1"]);
  expect(lines.filter((line) => line.includes("note.dropped")).length).toBe(1);
});

it("an order to store says why it is not", async () => {
  expect(await desk.store(note("a"))).toBeUndefined();
  answer = async () => away;
  expect(await desk.store(note("b"))).toBe("the records are read back");
});

it("a note that waited for more than 2 s says when it happened, one that waited for 2 s does not", async () => {
  vi.setSystemTime("2026-05-12T14:33:09.500Z");
  answer = async () => away;
  desk.put(note("a"));
  await vi.advanceTimersByTimeAsync(1_000);
  desk.put(note("b"));
  await vi.advanceTimersByTimeAsync(1_500);
  answer = async () => stored;
  await vi.advanceTimersByTimeAsync(500);
  expect(told).toEqual(["resolved a, at 14:33:09Z", "resolved b"]);
});
