import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { HubEvent, ServiceJson } from "../../hub/http/api.ts";
import { PacedEvent } from "../../hub/paced-event.ts";
import { service } from "../ops/services/service.ts";

let services: ServiceJson[];
let listeners: number;
let sent: [number, string][];
let paced: PacedEvent;

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  [listeners, sent] = [1, []];
  const send = (event: HubEvent) =>
    void (event.type === "services" && sent.push([Date.now(), event.services.map(({ owner }) => owner).join()]));
  paced = new PacedEvent(
    {
      send,
      get listeners() {
        return listeners;
      },
    },
    () => ({ type: "services", services }),
  );
});
afterEach(() => {
  paced.stop();
  vi.useRealTimers();
});

const turn = (owner: string) => {
  services = [service({ owner })];
  paced.mark();
};

it("is sent at once, then at most every 50 ms, the newest of what came between", async () => {
  for (const owner of ["a", "b", "c"]) turn(owner);
  await vi.advanceTimersByTimeAsync(49);
  expect(sent).toEqual([[0, "a"]]);
  await vi.advanceTimersByTimeAsync(251);
  turn("d");
  await vi.advanceTimersByTimeAsync(500);
  expect(sent).toEqual([
    [0, "a"],
    [50, "c"],
    [300, "d"],
  ]);
  expect(vi.getTimerCount()).toBe(0);
});

it("is not sent again when nothing has changed, but to who listens after nobody did", async () => {
  turn("a");
  await vi.advanceTimersByTimeAsync(200);
  turn("a");
  await vi.advanceTimersByTimeAsync(200);
  listeners = 0;
  turn("b");
  listeners = 1;
  turn("a");
  expect(sent).toEqual([
    [0, "a"],
    [400, "a"],
  ]);
});
