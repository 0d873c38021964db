import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ServiceView } from "../../hub/core/failover/service.ts";
import { MoveWatch } from "../../hub/move-watch.ts";

const before: ServiceView = {
  name: "Translator",
  home: "mainpc",
  standby: "pc2",
  mode: "warm",
  singleWriter: false,
  state: "home",
  epoch: 4,
  owner: "mainpc",
  acts: true,
  actsUntilMs: null,
  reason: "",
  sinceMs: 0,
  health: {},
};
const seen = (watch: MoveWatch, view: Partial<ServiceView>) =>
  watch.take({
    type: "services",
    services: [
      { ...before, name: "Other" },
      { ...before, ...view },
    ],
  });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("a move is over once the other machine has the service, not while it is between the two", async () => {
  const watch = new MoveWatch();
  const outcome = watch.wait(before, 1_000);
  seen(watch, { state: "moving" });
  seen(watch, { owner: "pc2", state: "moving", epoch: 5 });
  seen(watch, { owner: "pc2", state: "away", epoch: 5 });
  expect(await outcome).toEqual({ ok: true, text: "Translator is on pc2" });
  expect(vi.getTimerCount()).toBe(0);
});

it("a move that is given up says why at once; another service's end is none of this one's", async () => {
  const watch = new MoveWatch();
  const outcome = watch.wait(before, 1_000);
  watch.take({ type: "given-up", service: "Other", text: "Other stays on mainpc: pc2 is not in sync" });
  watch.take({ type: "given-up", service: "Translator", text: "Translator stays on mainpc: pc2 is not in sync" });
  expect(await outcome).toEqual({ ok: false, text: "Translator stays on mainpc: pc2 is not in sync" });
});

it.each([
  [{ reason: "waits for pc2" }, "Translator stays on mainpc: waits for pc2"],
  [{}, "Translator stays on mainpc: nothing more was heard within 1 s"],
  [{ owner: "pc2", state: "held" as const, reason: "no lease" }, "Translator went to pc2, where it is held: no lease"],
])("a move that does not end in time says what was seen last: %o", async (view, text) => {
  const watch = new MoveWatch();
  const outcome = watch.wait(before, 1_000);
  seen(watch, view);
  vi.advanceTimersByTime(1_000);
  expect(await outcome).toEqual({ ok: false, text });
});
