/** What is wrong with the records and the way they take: missing ones, a cut link, copies that lag. */
import type { LedgerView } from "../../http/api.ts";
import { countText, listText } from "../words.ts";
import { type Finding, isPeerLost, type Sight } from "./finding.ts";

/** Beats come ten times a second by NATS, reports four times by HTTP; a path this silent is cut, ms. */
const cutAfterMs = 2_000;

export function recordFindings(sight: Sight, ledger: LedgerView | undefined): Finding[] {
  const link = linkFindings(sight);
  const explained = link.some(({ level }) => level === "trouble") || isSyncExplained(sight);
  return [...missingFindings(ledger), ...link, ...(explained ? [] : syncFindings(sight))];
}

function missingFindings(ledger: LedgerView | undefined): Finding[] {
  if (ledger === undefined || ledger.missing === 0) return [];
  const origins = new Set(ledger.lines.filter(({ missing }) => missing > 0).map(({ origin }) => origin));
  const from = origins.size === 0 ? "" : ` of ${listText([...origins])}`;
  return [
    {
      level: "trouble",
      title: `${countText(ledger.missing, "record")}${from} ${ledger.missing === 1 ? "is" : "are"} missing`,
      details: ["Later ones were copied and these were not: they are lost unless the other machine still holds them."],
    },
  ];
}

/** A dead hub is heard on no path, so only a living one tells of the paths. */
function linkFindings(sight: Sight): Finding[] {
  const { peer, self, since, instantAgo } = sight;
  const { paths, hub, nats } = peer.view;
  if (hub.verdict !== "alive" || nats.verdict !== "alive" || self.view.nats.verdict !== "alive") return [];
  const silent = (ageMs: number | null) => ageMs === null || ageMs >= cutAfterMs;
  const from = (ageMs: number | null) => (ageMs === null ? "" : ` ${since(instantAgo(ageMs))}`);
  if (silent(paths.nats) && !silent(paths.http)) {
    return [
      {
        level: "trouble",
        title: `The NATS link between ${self.name} and ${peer.name} is cut${from(paths.nats)}; HTTP still gets through`,
        details: [
          "Both hubs take pushes, each with one copy, until the link is back.",
          ...uncopiedText(sight),
          "What waits is copied then, without an operator.",
        ],
      },
    ];
  }
  if (silent(paths.http) && !silent(paths.nats)) {
    return [
      {
        level: "watch",
        title: `HTTP between ${self.name} and ${peer.name} is silent${from(paths.http)}; NATS gets through`,
        details: ["Records are copied as ever; one of two ways to hear each other is left."],
      },
    ];
  }
  return [];
}

function syncFindings(sight: Sight): Finding[] {
  const { state, since, reason } = sight.fleet.sync;
  if (state === "in-sync") return [];
  return [
    {
      level: "watch",
      title: `The pair is not in sync ${sight.since(since)}${reason === "" ? "" : `: ${reason}`}`,
      details: [...uncopiedText(sight), "Copying goes on by itself."],
    },
  ];
}

/** Nothing is copied while a hub or a NATS is away, and those are told already. */
function isSyncExplained(sight: Sight): boolean {
  const { self, peer } = sight;
  const away = [peer.view.hub, peer.view.nats, self.view.nats].some(({ verdict }) => verdict !== "alive");
  return isPeerLost(sight) || away;
}

function uncopiedText({ fleet, self, ago }: Sight): string[] {
  const { uncopied, oldestUncopiedMs } = fleet.sync;
  if (uncopied === 0) return [];
  const oldest = oldestUncopiedMs === null ? "" : ago(oldestUncopiedMs);
  const age = oldest === "" ? "" : `, the oldest${oldest}`;
  return [`${countText(uncopied, "record")} of ${self.name} ${uncopied === 1 ? "has" : "have"} one copy${age}.`];
}
