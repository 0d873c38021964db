/** Faults of whole machines and of what a machine gives its processes. */
import type { Fault } from "../fault.ts";

export const machineFaults: Fault[] = [
  {
    id: "machine-killed",
    class: "machine",
    happens: "All processes of a machine end at once, agents included, as when its power is cut",
    promises: [1, 2, 3],
    tests: [
      {
        file: "test/e2e/pair.test.ts",
        title: "loses mainpc's hub, NATS and Pushgateway to SIGKILL, goes on at pc2, and heals with nothing missing",
      },
      {
        file: "test/reliability/chaos.fault.ts",
        title: "a machine that is killed costs no acknowledged push, and its services go on at the other one",
      },
    ],
  },
  {
    id: "both-machines-killed",
    class: "machine",
    happens: "All processes of both machines end at once, as when the house loses its power",
    promises: [1, 3],
    tests: [
      {
        file: "test/reliability/chaos.fault.ts",
        title: "both machines that are killed at once come back with every acknowledged push",
      },
    ],
  },
  {
    id: "machine-frozen",
    class: "machine",
    happens: "A machine stands still with all that runs on it, and goes on later",
    promises: [1, 2, 3],
    tests: [
      {
        file: "test/reliability/chaos.fault.ts",
        title: "a machine that stands still is taken for dead, and goes on without harm",
      },
    ],
  },
  {
    id: "owner-comes-back-late",
    class: "machine",
    happens:
      "The machine that owns services stands still, or ends, until the other has taken them, and then comes back",
    promises: [2, 3],
    tests: [
      {
        file: "test/reliability/chaos.fault.ts",
        title: "an owner that thaws after the takeover is refused, and services come home in order",
      },
      {
        file: "test/reliability/chaos.fault.ts",
        title: "an owner that boots after the takeover is refused, and services come home in order",
      },
    ],
  },
  {
    id: "witness-gone",
    class: "machine",
    happens: "The witness ends: there is no third vote",
    promises: [2],
    tests: [
      {
        file: "test/reliability/chaos.fault.ts",
        title: "a witness that is gone moves nothing, and everything else goes on",
      },
    ],
  },
  {
    id: "out-of-memory",
    class: "machine",
    happens: "A hub runs out of memory under pushes and ends",
    promises: [1, 3],
    tests: [
      {
        file: "test/reliability/out-of-memory.fault.ts",
        title: "a hub that runs out of memory ends, comes back once it is given more, and has every acknowledged push",
      },
    ],
  },
  {
    id: "file-descriptors-gone",
    class: "machine",
    happens: "A hub has no file descriptor left: it can neither accept a connection nor open a file",
    promises: [1, 4],
    tests: [
      {
        file: "test/reliability/file-descriptors.test.ts",
        title:
          "a hub without a file descriptor left turns connections away and lives, and takes every push once it has some",
      },
    ],
  },
];
