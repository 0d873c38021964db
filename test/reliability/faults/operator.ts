/** Faults of those who use a pair and look after it. */
import type { Fault } from "../fault.ts";

export const operatorFaults: Fault[] = [
  {
    id: "cardinality-bomb",
    class: "operator",
    happens: "One agent pushes new series as fast as it can",
    promises: [4],
    tests: [
      {
        file: "test/e2e/bounds.test.ts",
        title: "pushes new series as fast as it can until 429, while all others push and are scraped without a refusal",
      },
    ],
  },
  {
    id: "gateway-wiped",
    class: "operator",
    happens: "Somebody wipes the Pushgateway behind the hub's back",
    promises: [1, 3],
    tests: [
      {
        file: "test/hub/io/straight-push.test.ts",
        title: "is filled again after a wipe and after a DELETE that came straight to it, and nothing is adopted",
      },
    ],
  },
  {
    id: "key-changed-first",
    class: "operator",
    happens: "NATS is told of a hub's new key before the hub has it",
    promises: [3],
    tests: [
      {
        file: "test/e2e/seed-rotation.test.ts",
        title: "NATS first: the hub is cut, reads its seed at each try, and needs no signal",
      },
    ],
  },
  {
    id: "two-deployments",
    class: "operator",
    happens: "Eight deployments begin at once",
    promises: [6],
    tests: [{ file: "test/ops/deploy/lock.test.ts", title: "of 8 that begin at once is given to one" }],
  },
  {
    id: "deployment-cut",
    class: "operator",
    happens: "The engine is killed in the middle of an `up`",
    promises: [6],
    tests: [
      {
        file: "test/e2e/engine/up.e2e.ts",
        title: "an engine that is killed in the middle of an up leaves nothing that the next up does not heal",
      },
    ],
  },
  {
    id: "image-broken",
    class: "operator",
    happens: "A hub's new image does not start",
    promises: [6],
    tests: [
      {
        file: "test/e2e/engine/upgrade.e2e.ts",
        title:
          "a hub whose new image does not start leaves the old one serving; the deploy goes back by itself, says why, and leaves nothing behind",
      },
    ],
  },
];
