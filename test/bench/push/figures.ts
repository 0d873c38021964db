/** What a bench has found out; everything else about it is derived from this. */
import type { LoadResult } from "./load.ts";
import type { ServerName } from "./servers.ts";

/** One load on each server, one server after the other. */
export interface Point {
  groups: number;
  series: number;
  connections: number;
  of: Record<ServerName, LoadResult>;
}

export interface Environment {
  date: string;
  cpu: string;
  cores: number;
  memoryBytes: number;
  kernel: string;
  /** Processes that waited for a core before the bench began, on average of a minute. */
  loadBefore: number;
  node: string;
  natsServer: string;
  pushgateway: string;
}

export interface Figures {
  environment: Environment;
  quick: boolean;
  points: Point[];
  /** At many groups of 5 series. */
  many: {
    groups: number;
    point: Point;
    /** Median time of one GET /metrics, ms. */
    getMs: Record<ServerName, number>;
    /** Bytes of that answer. */
    getBytes: Record<ServerName, number>;
    /** Memory held, bytes; undefined where it cannot be told. */
    residentBytes: Record<ServerName, number | undefined>;
    /** Longest wait for the hub's /livez while its /metrics is read, while it writes snapshots, and while nothing is, ms. */
    stallMs: { rendering: number; idle: number; snapshot: number };
    /** From the start of a killed hub to its first answer that it is ready, ms. */
    restartMs: number;
  };
  /** Push under a load of so many a second, from the moment it was due to the answer `peer`, which comes after the copy. */
  copy: { perSecond: number; peerShare: number; p50Ms: number; p99Ms: number };
  /** What one push has to cost at least: a synced write, and a bare node:http PUT on one connection, ms. */
  floor: { syncMs: number; bareMs: number };
  /** Of a core, per machine, hubs with the fleet's agents and no pushes; undefined where it cannot be told. */
  idleCpu: { agents: number; share: Record<string, number | undefined> };
}
