/** The ways that are compared, the rows they give, and how much is measured. */
import { type CopyPath, copierPath, mirrorPath } from "./copy-path.ts";
import type { World } from "./world.ts";

export interface Sizes {
  lagPerSecond: number;
  lagSeconds: number;
  smallBatches: number;
  largeBatches: number;
  recordsPerLargeBatch: number;
  downSeconds: number;
  cutSeconds: number;
  /** How often each outage is lived through. */
  rounds: number;
  /** How long a copy may take before it counts as standing still. */
  patienceSeconds: number;
}

/** One line of the table; undefined where a copy did not get there. */
export interface Row {
  what: string;
  unit: string;
  mirror: number | undefined;
  copier: number | undefined;
}

/** In the order of the table's columns. */
export const ways: readonly ((world: World) => CopyPath)[] = [
  (world) => mirrorPath(world.onPc2),
  (world) => copierPath(world.onPc2),
];
