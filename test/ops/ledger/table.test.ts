import { describe, expect, it } from "vitest";
import type { LedgerView } from "../../../hub/http/api.ts";
import { exitCode, toText } from "../../../ops/ledger/table.ts";

const line: LedgerView["lines"][number] = {
  origin: "pc2",
  stream: "metrics",
  stored: 1_200,
  copied: 1_190,
  spooled: 4,
  pending: 10,
  missing: 0,
  duplicates: 2,
  oldestSingleCopyMs: 90_000,
};
const ledger = (change: Partial<LedgerView> = {}): LedgerView => ({
  machine: "mainpc",
  now: "2026-01-01T00:00:00.000Z",
  missing: 0,
  duplicates: 2,
  pending: 10,
  spooled: 4,
  copies: 1,
  lines: [line],
  clients: [],
  clientTotals: { clients: 0, missing: 0, duplicates: 0, forgotten: 0 },
  unnumbered: {},
  ...change,
});
const mainpc = { url: "http://192.0.2.10:9000", ledger: ledger() };
const silent = { url: "http://192.0.2.20:9100", ledger: undefined };

describe("the ledger's table", () => {
  it("has a line per hub, origin and stream, the age of the oldest single copy in seconds, and names a silent hub", () => {
    const text = toText([mainpc, silent]);
    const cells = text.split("\n").map((row) => row.split(/\s{2,}/));
    expect(cells[1]).toEqual(["mainpc", "pc2", "metrics", "1200", "1190", "10", "4", "0", "2", "90 s"]);
    expect(text).toContain("no answer from http://192.0.2.20:9100");
    expect(text).toContain("mainpc says: missing 0, duplicates 2, pending 10, copies 1");
  });

  it.each([
    [0, ledger({ lines: [{ ...line, oldestSingleCopyMs: null }] }), "-"],
    [0, ledger({ lines: [{ ...line, oldestSingleCopyMs: 250 }] }), "250 ms"],
    [0, ledger({ lines: [{ ...line, oldestSingleCopyMs: 7_200_000 }] }), "2.0 h"],
  ])("exits with %i and shows the age as a person reads it", (code, view, age) => {
    expect(exitCode([{ url: "", ledger: view }])).toBe(code);
    expect(
      toText([{ url: "", ledger: view }])
        .split("\n")[1]
        ?.endsWith(`  ${age}`),
    ).toBe(true);
  });

  it("exits with 1 when either hub misses a record, with 2 when none answers, with 0 when one is silent and all is there", () => {
    expect(exitCode([mainpc, { url: "", ledger: ledger({ missing: 1 }) }])).toBe(1);
    expect(exitCode([silent, silent])).toBe(2);
    expect(exitCode([mainpc, silent])).toBe(0);
  });
});
