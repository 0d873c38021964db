import { afterEach, expect, it, vi } from "vitest";
import { reviveSignal } from "../../../ops/local/data-folder.ts";
import { hearReviveOrders } from "../../../ops/local/revive-orders.ts";

afterEach(() => void process.removeAllListeners(reviveSignal));

it("an order to revive that comes while the pair starts is obeyed once it stands, and each later one at once", () => {
  const revive = vi.fn();
  const obey = hearReviveOrders();
  process.emit(reviveSignal, reviveSignal);
  process.emit(reviveSignal, reviveSignal);
  expect(revive).not.toHaveBeenCalled();
  obey(revive);
  expect(revive).toHaveBeenCalledTimes(1);
  process.emit(reviveSignal, reviveSignal);
  expect(revive).toHaveBeenCalledTimes(2);
});

it("no order is waited for when none came", () => {
  const revive = vi.fn();
  hearReviveOrders()(revive);
  expect(revive).not.toHaveBeenCalled();
});
