/** Faults of single processes. */
import type { Fault } from "../fault.ts";

export const processFaults: Fault[] = [
  {
    id: "hub-killed",
    class: "process",
    happens: "SIGKILL ends a hub, also within the very answer to a push",
    promises: [1, 3],
    tests: [
      {
        file: "test/e2e/chaos.test.ts",
        title: "crashes an agent and a hub of a real pair, which recovers both times and loses 0 acknowledged pushes",
      },
      {
        file: "test/prove/loss.test.ts",
        title: "holds for 20 s of kills, freezes, cuts and a full disk under 8 clients (seed 20)",
      },
      {
        file: "test/e2e/otlp.test.ts",
        title: "every export that a hub had acknowledged when it was killed is shown by the other one",
      },
    ],
  },
  {
    id: "hub-frozen",
    class: "process",
    happens: "SIGSTOP stops a hub: its sockets stay open and nothing answers, until it goes on",
    promises: [1, 3, 4],
    tests: [
      {
        file: "test/hub/judge/judges.test.ts",
        title: "call a stopped peer dead for its silence, and forgive it when it goes on",
      },
      {
        file: "test/reliability/chaos.fault.ts",
        title: "a hub that stands still is seen by the other one, and no acknowledged push is lost",
      },
    ],
  },
  {
    id: "hub-stuck",
    class: "process",
    happens: "A hub's main loop stands still while its judge's thread goes on",
    promises: [4],
    tests: [
      {
        file: "test/hub/judge/judges.test.ts",
        title: "call a peer dead whose main loop stands still, which its judge tells them meanwhile",
      },
    ],
  },
  {
    id: "restart-storm",
    class: "process",
    happens: "A hub is killed six times, each time soon after its start, ready or not",
    promises: [1, 3],
    tests: [
      {
        file: "test/reliability/chaos.fault.ts",
        title: "a hub that is killed six times in a row comes back, and no acknowledged push is lost",
      },
    ],
  },
  {
    id: "nats-killed",
    class: "process",
    happens: "SIGKILL ends a machine's NATS, then its hub too while pushes wait on that hub's disk",
    promises: [1, 3],
    tests: [
      {
        file: "test/e2e/nats-down.test.ts",
        title:
          "takes 50 pushes on its own disk, shows them at once, and has them in both hubs when NATS and hub were started again",
      },
      {
        file: "test/reliability/chaos.fault.ts",
        title: "a NATS that is killed costs no acknowledged push: its hub spools meanwhile",
      },
    ],
  },
  {
    id: "nats-frozen",
    class: "process",
    happens: "SIGSTOP stops a machine's NATS: its connections stand and nothing comes through",
    promises: [1, 3, 4],
    tests: [
      {
        file: "test/reliability/chaos.fault.ts",
        title: "a NATS that stands still costs no acknowledged push: its hub spools meanwhile",
      },
      {
        file: "test/hub/io/documents.test.ts",
        title: "the peer's NATS stands still and goes on: what was written meanwhile comes to stand there",
      },
    ],
  },
  {
    id: "pushgateway-killed",
    class: "process",
    happens: "SIGKILL ends a Pushgateway, which comes back with nothing or with an old file",
    promises: [3],
    tests: [
      {
        file: "test/reliability/chaos.fault.ts",
        title: "a Pushgateway that is killed is filled again by its hub",
      },
      {
        file: "test/hub/io/straight-push.test.ts",
        title: "passes no old state off for a push when it is started anew with an old file, unnoticed for 1.5 s",
      },
    ],
  },
  {
    id: "router-restarted",
    class: "process",
    happens: "A router is started anew while a stale owner still says that it acts",
    promises: [2],
    tests: [
      {
        file: "test/hub/router/words.test.ts",
        title: "are on disk before they are answered: a router that starts anew holds, and refuses the stale owner",
      },
    ],
  },
  {
    id: "agent-hangs",
    class: "process",
    happens: "SIGSTOP stops an agent: its ports accept and nothing answers",
    promises: [4],
    tests: [
      {
        file: "test/reliability/chaos.fault.ts",
        title: "an agent that hangs is called unhealthy by both hubs",
      },
    ],
  },
];
