import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { AlertDesk } from "../../hub/alert-desk.ts";
import { createLog } from "../../hub/io/log.ts";

let works: boolean;
let stored: string[];
let desk: AlertDesk;

beforeEach(() => {
  vi.useFakeTimers();
  works = true;
  stored = [];
  desk = new AlertDesk({
    append: async (record) => {
      if (!works) return { kind: "unavailable", reason: "the records are read back" };
      if ("message" in record) stored.push(record.message);
      return { kind: "spooled", position: { incarnation: "i", seq: 1 } };
    },
    log: createLog("test", () => {}),
  });
});
afterEach(() => {
  desk.stop();
  vi.useRealTimers();
});

const alert = (subject: string, message: string) =>
  ({ severity: "urgent", name: "machine-lost", subject, message }) as const;

it("alerts are stored at once, in their order", async () => {
  for (const message of ["a", "b", "c"]) desk.put(alert(message, message));
  await vi.advanceTimersByTimeAsync(0);
  expect(stored).toEqual(["a", "b", "c"]);
  expect(vi.getTimerCount()).toBe(0);
});

it("what cannot be stored is tried again each second, of one subject the newest", async () => {
  works = false;
  desk.put(alert("pc2", "pc2 is lost"));
  desk.put(alert("nas", "nas is lost"));
  await vi.advanceTimersByTimeAsync(3_000);
  desk.put(alert("pc2", "pc2 answers again"));
  works = true;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(stored).toEqual(["nas is lost", "pc2 answers again"]);
});
