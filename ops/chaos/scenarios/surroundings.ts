/** Faults of what a machine stands on: its disk and its clock. */
import type { Scenario } from "../scenario.ts";

const shortestJumpMs = 5_000;
const longestJumpMs = 60_000;

export const surroundingScenarios: Scenario[] = [
  {
    name: "disk-full",
    explains:
      "fills pc2's disk (a small one in memory, which only root can mount): pushes there get 507 and go to mainpc",
    perMonth: 0.25,
    needs: "disk",
    unable: ({ disk }) => (typeof disk === "string" ? disk : ""),
    deed: ({ disk }, _, { holdMs }) => {
      if (typeof disk === "string") throw new Error(disk);
      return {
        says: `fills the disk of pc2 for ${holdMs / 1_000} s`,
        holds: ["disk"],
        expects: [],
        // A NATS that cannot write may end itself.
        mayDie: ["pc2/nats", "pc2/pushgateway"],
        holdMs,
        begin: () => disk.fill(),
        undo: () => disk.free(),
      };
    },
  },
  {
    name: "clock-jump",
    explains: "sets the wall clock of one hub 5 to 60 s forwards or backwards, and back after the hold",
    perMonth: 1,
    deed: (stage, random, { holdMs }) => {
      const { name } = random.pick(stage.machines);
      const offsetMs = random.between(shortestJumpMs, longestJumpMs) * (random.chance(0.5) ? 1 : -1);
      return {
        says: `sets the clock of ${name}'s hub by ${offsetMs} ms for ${holdMs / 1_000} s`,
        holds: [`clock of ${name}`],
        expects: [],
        mayDie: [],
        holdMs,
        begin: () => stage.shiftClock(name, offsetMs),
        undo: () => stage.shiftClock(name, 0),
      };
    },
  },
];
