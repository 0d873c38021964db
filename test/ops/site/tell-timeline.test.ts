import { expect, it } from "vitest";
import type { Order } from "../../../ops/deploy/orders.ts";
import type { GiveOrders } from "../../../ops/site/keep-documents.ts";
import { tellTimeline } from "../../../ops/site/tell-timeline.ts";

const told = { kind: "deploy", phase: "begun", subject: "pc2", text: "deployment 7", by: "ann@desk" } as const;
const refuses: GiveOrders = async () => [{ ok: false, text: "404: nothing here", status: 404 }];
const throws: GiveOrders = () => Promise.reject(new Error("no route"));
const hangs: GiveOrders = () => new Promise(() => {});

it("tells the first hub that takes it, past one that is older, one that cannot be reached and one that hangs", async () => {
  const orders: Order[] = [];
  const takes: GiveOrders = async (given) => {
    orders.push(...given);
    return [{ ok: true, text: "told" }];
  };
  expect(await tellTimeline([refuses, throws, hangs, takes, takes], told, 50)).toBe(true);
  expect(orders).toEqual([{ method: "POST", path: "/api/v1/timeline", body: told }]);
});

it("calls off the order of a hub that hangs, before it asks the next", async () => {
  const deeds: string[] = [];
  const hangs: GiveOrders = (_, signal) =>
    new Promise(() => signal?.addEventListener("abort", () => deeds.push("called off")));
  const takes: GiveOrders = async (_, signal) => {
    deeds.push(`asked, ${signal?.aborted}`);
    return [{ ok: true, text: "told" }];
  };
  expect(await tellTimeline([hangs, takes], told, 50)).toBe(true);
  expect(deeds).toEqual(["called off", "asked, false"]);
});

it("says so and goes on when no hub takes it", async () => {
  expect(await tellTimeline([refuses, throws, hangs], told, 50)).toBe(false);
  expect(await tellTimeline([], told)).toBe(false);
});

it("makes one line of at most 500 characters of whatever a command says", async () => {
  const bodies: unknown[] = [];
  const takes: GiveOrders = async ([order]) => {
    bodies.push(order?.body);
    return [{ ok: true, text: "" }];
  };
  await tellTimeline([takes], { ...told, text: `one\n\ttwo\u0007 ${"x".repeat(600)}`, subject: " " });
  expect(bodies).toEqual([{ ...told, text: `one two ${"x".repeat(492)}`, subject: "-" }]);
});
