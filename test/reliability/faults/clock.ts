/** Faults of a machine's wall clock. */
import type { Fault } from "../fault.ts";

export const clockFaults: Fault[] = [
  {
    id: "clock-steps",
    class: "clock",
    happens: "The wall clock of a running hub jumps by 5 to 60 s, and back",
    promises: [1, 2, 3],
    tests: [
      {
        file: "test/reliability/chaos.fault.ts",
        title: "a clock that jumps moves nothing, and no acknowledged push is lost",
      },
    ],
  },
  {
    id: "clock-days-ahead",
    class: "clock",
    happens: "The peer's clock, or this machine's own, is two days wrong",
    promises: [1, 3],
    tests: [
      {
        file: "test/hub/io/peer-claims.test.ts",
        title: "passes nothing over while the peer's clock is as far ahead: its own one may be what is wrong",
      },
    ],
  },
  {
    id: "clock-of-1970",
    class: "clock",
    happens: "A machine boots with a clock of 1970, writes for hours, and is set right",
    promises: [3],
    tests: [
      {
        file: "test/hub/io/minute-log.test.ts",
        title:
          "has lost nothing when a machine boots with a clock of 1970, writes 5 files, and the clock is right again",
      },
    ],
  },
];
