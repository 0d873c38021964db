/** How long and how much is measured. */
export interface Sizes {
  /** Of a point, before it counts and while it does, ms. */
  warmMs: number;
  pointMs: number;
  connections: number[];
  /** What "many groups" are. */
  manyGroups: number;
  /** A checked Pushgateway answers few pushes at many groups, so that it gets longer, ms. */
  manyGroupsMs: number;
  gets: number;
  lagMs: number;
  lagPerSecond: number;
  /** 0 leaves the idle pair out, which takes a while to start. */
  idleMs: number;
  /** Synced writes to the disk. */
  syncs: number;
}

export const full: Sizes = {
  warmMs: 500,
  pointMs: 3_000,
  connections: [1, 16, 64],
  manyGroups: 10_000,
  manyGroupsMs: 12_000,
  gets: 5,
  lagMs: 15_000,
  lagPerSecond: 1_000,
  idleMs: 20_000,
  syncs: 1_000,
};

/** Enough to see that the bench runs; its figures mean nothing. */
export const quick: Sizes = {
  warmMs: 50,
  pointMs: 200,
  connections: [1, 16],
  manyGroups: 300,
  manyGroupsMs: 500,
  gets: 1,
  lagMs: 1_000,
  lagPerSecond: 200,
  idleMs: 0,
  syncs: 50,
};
