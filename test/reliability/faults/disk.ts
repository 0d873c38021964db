/** Faults of disks and of what lies on them. */
import type { Fault } from "../fault.ts";

export const diskFaults: Fault[] = [
  {
    id: "disk-full",
    class: "disk",
    happens: "The disk under streams, spool and logs has no byte left",
    promises: [1],
    tests: [
      {
        file: "test/reliability/chaos.fault.ts",
        title: "a full disk refuses pushes with 507, and none that was acknowledged is lost",
      },
      {
        file: "test/hub/io/spool.test.ts",
        title: "on a full disk refuses what does not fit whole, keeps what it took, and leaves nothing of the other",
      },
    ],
  },
  {
    id: "store-full",
    class: "disk",
    happens: "A stream has reached its limit with records that the peer lacks",
    promises: [1],
    tests: [
      {
        file: "test/hub/io/full-store.test.ts",
        title:
          "takes what fits, refuses the rest as full with nothing of it stored, and goes on without a gap once there is room",
      },
    ],
  },
  {
    id: "power-lost",
    class: "disk",
    happens: "Power fails: what was not synced is gone, then a machine's whole disk with it",
    promises: [1],
    tests: [
      {
        file: "test/prove/fsync.test.ts",
        title:
          "shows each of 75 pushes synced before its answer where strace is there, and loses nothing with either disk",
      },
    ],
  },
  {
    id: "bit-flipped",
    class: "disk",
    happens: "A stream's file gives one bit back other than it was written",
    promises: [1, 3],
    tests: [
      {
        file: "test/hub/io/damaged-disk.test.ts",
        title:
          "cuts off the end of the own stream under a living hub, is said so when NATS is back, and all 40 come back",
      },
    ],
  },
  {
    id: "snapshot-damaged",
    class: "disk",
    happens: "The newest snapshot of a hub cannot be read",
    promises: [1, 3],
    tests: [
      { file: "test/hub/io/snapshots.test.ts", title: "a damaged snapshot is passed over for the one before it" },
    ],
  },
  {
    id: "spool-torn",
    class: "disk",
    happens: "A hub ends in the middle of writing to its spool: the last batch is torn",
    promises: [1],
    tests: [
      {
        file: "test/hub/io/spool.test.ts",
        title: "cuts a torn tail of any length off and says so, with all whole batches kept",
      },
    ],
  },
  {
    id: "failover-file-torn",
    class: "disk",
    happens: "The file of who owns what is torn: a hub starts without knowing its epochs",
    promises: [2],
    tests: [
      {
        file: "test/hub/judge/failover-seat.test.ts",
        title:
          "takes a torn file for an empty disk: it learns the epochs of the peer before it acts for a single writer",
      },
    ],
  },
  {
    id: "inodes-gone",
    class: "disk",
    happens:
      "No file can be made on the disk under streams, spool and logs: its inode table is full, and its NATS is started so",
    promises: [1, 3],
    tests: [
      {
        file: "test/reliability/inodes.test.ts",
        title:
          "a disk on which no file can be made loses no push that was taken, whether it takes more or refuses them, and heals by itself",
      },
    ],
  },
  {
    id: "old-volume",
    class: "disk",
    happens: "A machine comes back on an old copy of its streams, as from a backup",
    promises: [1, 3],
    tests: [
      {
        file: "test/reliability/old-volume.test.ts",
        title:
          "an old copy of mainpc's streams, put back while it is off, costs no acknowledged push, and both are equal",
      },
    ],
  },
];
