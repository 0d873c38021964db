/** What the hubs' ledgers amount to, as a table for a person and as an exit code for a script. */
import type { LedgerView } from "../../hub/http/api.ts";
import { align } from "../align.ts";

export interface Asked {
  url: string;
  /** Undefined when the hub did not answer. */
  ledger: LedgerView | undefined;
}

/** 0: nothing is missing. 1: something is, by any of the hubs. 2: no hub answered. */
export function exitCode(asked: readonly Asked[]): 0 | 1 | 2 {
  const ledgers = asked.flatMap(({ ledger }) => ledger ?? []);
  if (ledgers.length === 0) return 2;
  return ledgers.some(({ missing }) => missing > 0) ? 1 : 0;
}

const columns = [
  "asked",
  "origin",
  "stream",
  "stored",
  "copied",
  "pending",
  "spooled",
  "missing",
  "duplicates",
  "oldest single copy",
];
const textColumns = 3;

/** One line per hub that was asked, origin and stream; a hub that did not answer has a line that says so. */
export function toText(asked: readonly Asked[]): string {
  const rows = asked.flatMap(({ ledger }) => (ledger === undefined ? [] : rowsOf(ledger)));
  const silent = asked.filter(({ ledger }) => ledger === undefined).map(({ url }) => `no answer from ${url}`);
  const table = rows.length === 0 ? [] : align([columns, ...rows], textColumns);
  return [...table, ...silent, ...asked.flatMap(({ ledger }) => (ledger === undefined ? [] : [summary(ledger)]))].join(
    "\n",
  );
}

function rowsOf({ machine, lines }: LedgerView): string[][] {
  return lines.map((line) => [
    machine,
    line.origin,
    line.stream,
    ...[line.stored, line.copied, line.pending, line.spooled, line.missing, line.duplicates].map(String),
    line.oldestSingleCopyMs === null ? "-" : age(line.oldestSingleCopyMs),
  ]);
}

const summary = ({ machine, missing, duplicates, pending, copies }: LedgerView) =>
  `${machine} says: missing ${missing}, duplicates ${duplicates}, pending ${pending}, copies ${copies}`;

/** @example 250 → "250 ms", 90_000 → "90 s", 7_200_000 → "2.0 h" */
function age(ms: number): string {
  if (ms < 1_000) return `${ms} ms`;
  if (ms < 3_600_000) return `${Math.round(ms / 1_000)} s`;
  return `${(ms / 3_600_000).toFixed(1)} h`;
}
