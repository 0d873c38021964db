/** Faults of two versions side by side, and of one that follows the other. */
import type { Fault } from "../fault.ts";

export const upgradeFaults: Fault[] = [
  {
    id: "hub-replaced",
    class: "upgrade",
    happens: "A hub is replaced by its successor while clients push",
    promises: [6],
    tests: [
      {
        file: "test/e2e/succession.test.ts",
        title: "answers every push, kept connections and new ones alike, while the peer never takes it for dead",
      },
    ],
  },
  {
    id: "successor-dies",
    class: "upgrade",
    happens: "The new hub dies right after it has taken over",
    promises: [1, 6],
    tests: [
      {
        file: "test/e2e/succession.test.ts",
        title: "one that dies after it has taken over is stepped in for, and the same program is not let in again",
      },
    ],
  },
  {
    id: "pair-upgraded",
    class: "upgrade",
    happens: "Hub, router, NATS and Pushgateway of both machines are replaced under load",
    promises: [1, 6],
    tests: [
      {
        file: "test/e2e/engine/upgrade.e2e.ts",
        title: "an upgrade of hub, router, NATS and Pushgateway of both machines fails no request and loses no record",
      },
    ],
  },
  {
    id: "peer-older",
    class: "upgrade",
    happens: "mainpc's hub is of an earlier version than pc2's, then pc2's than mainpc's",
    promises: [1, 2, 3],
    tests: [
      {
        file: "test/reliability/skew.test.ts",
        title:
          "today's hub and the one before it share a pair both ways, up and down on kept data, and no acknowledged push is lost",
      },
    ],
  },
  {
    id: "peer-newer",
    class: "upgrade",
    happens: "One machine is upgraded while the other stays: records of both kinds are on both disks",
    promises: [1, 2, 3],
    tests: [
      {
        file: "test/reliability/skew.test.ts",
        title:
          "today's hub and the one before it share a pair both ways, up and down on kept data, and no acknowledged push is lost",
      },
    ],
  },
  {
    id: "downgraded",
    class: "upgrade",
    happens: "A machine goes back to the earlier version with the data that the later one has written",
    promises: [1, 2, 3],
    tests: [
      {
        file: "test/reliability/skew.test.ts",
        title:
          "today's hub and the one before it share a pair both ways, up and down on kept data, and no acknowledged push is lost",
      },
    ],
  },
];
