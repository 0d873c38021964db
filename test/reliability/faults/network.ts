/** Faults of what lies between the machines, and of who speaks there. */
import type { Fault } from "../fault.ts";

export const networkFaults: Fault[] = [
  {
    id: "partition",
    class: "network",
    happens: "Nothing passes between the machines, in silence; both go on by themselves",
    promises: [1, 2, 3],
    tests: [
      {
        file: "test/reliability/chaos.fault.ts",
        title: "a partition of 20 s costs no acknowledged push, and both sides are equal after it",
      },
    ],
  },
  {
    id: "one-way",
    class: "network",
    happens: "What one machine says does not reach the other; the other way everything passes",
    promises: [1, 2, 3],
    tests: [
      {
        file: "test/reliability/chaos.fault.ts",
        title: "a link that is deaf in one direction costs no acknowledged push",
      },
    ],
  },
  {
    id: "link-slow",
    class: "network",
    happens: "All that passes comes 100 to 200 ms late, each way",
    promises: [2],
    tests: [{ file: "test/reliability/chaos.fault.ts", title: "a slow link is no reason for a verdict" }],
  },
  {
    id: "link-lossy",
    class: "network",
    happens: "5 % of the datagrams are lost, and streams stall as lost packets make them",
    promises: [2],
    tests: [{ file: "test/reliability/chaos.fault.ts", title: "a link that loses 5 % is no reason for a verdict" }],
  },
  {
    id: "leaf-cut",
    class: "network",
    happens: "The link between both NATS breaks while all else between the machines goes on",
    promises: [1, 3],
    tests: [
      {
        file: "test/hub/io/documents.test.ts",
        title:
          "the leaf is cut: both sides take writes with 1 copy, and are level again after it, the later write of each key standing",
      },
      {
        file: "test/reliability/chaos.fault.ts",
        title: "a cut leaf stops the copy, which catches up once it is mended",
      },
    ],
  },
  {
    id: "peer-lying",
    class: "network",
    happens: "The peer's stream says what no honest hub says: stamps of the year 2100 and at the end of all stamps",
    promises: [1, 3],
    tests: [
      {
        file: "test/hub/io/peer-claims.test.ts",
        title:
          "passes over stamps of the year 2100 and at the end of all stamps, and both still read what is pushed after",
      },
    ],
  },
  {
    id: "beat-forged",
    class: "network",
    happens: "Somebody sends beats under another key, or changes one bit of a real one",
    promises: [2],
    tests: [
      {
        file: "test/hub/judge/beat.test.ts",
        title: "is refused under another key, and when any one bit of it was changed",
      },
    ],
  },
  {
    id: "certificate-expired",
    class: "network",
    happens: "The certificate with which pc2 dials the leaf has run out",
    promises: [3],
    tests: [
      {
        file: "test/components/nats-security.test.ts",
        title: "a certificate that ran out yesterday opens no link, a renewed one does, and pc2 only reloads",
      },
    ],
  },
  {
    id: "dns-gone",
    class: "network",
    happens: "The machines know each other by name, and the name server fails, then says nothing",
    promises: [1, 3, 4],
    tests: [
      {
        file: "test/reliability/dns.test.ts",
        title:
          "names that fail, then names that nobody answers, keep no push waiting, and the pair is whole once they are back",
      },
    ],
  },
];
