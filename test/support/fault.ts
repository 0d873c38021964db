/** By which a test says that it stands for a fault of docs/reliability.md, and what it measured of it. */
import type { TestContext } from "vitest";

/** Names end with their unit (`outageMs`), but for counts. */
export type Figures = Record<string, number>;

declare module "vitest" {
  interface TaskMeta {
    /** By the id of each fault that the test stands for. */
    faults?: Record<string, Figures>;
  }
}

/**
 * Says it once the test has held what it is to hold; only what was measured or counted in this very run is a figure.
 * @param id as in test/reliability/faults. @example fault(task, "nats-killed", { acknowledged, missing: ledger.missing })
 */
export function fault(task: TestContext["task"], id: string, figures: Figures): void {
  task.meta.faults = { ...task.meta.faults, [id]: { ...task.meta.faults?.[id], ...figures } };
}
