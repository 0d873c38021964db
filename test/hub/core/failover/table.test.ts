import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstEpoch, nextEpoch, otherOf, ownerOf } from "../../../../hub/core/failover/epoch.ts";
import type { Table } from "../../../../hub/core/failover/messages.ts";
import { complete, digestTable, mergeTables, sameEntry } from "../../../../hub/core/failover/table.ts";
import { exchanged, single } from "./pair.ts";

const entry = fc.record(
  { epoch: fc.nat(5), released: fc.boolean(), stays: fc.constant(true as const) },
  { requiredKeys: ["epoch", "released"] },
);
const table: fc.Arbitrary<Table> = fc.dictionary(fc.constantFrom("Reader", "Writer", "Cold"), entry);
const equal = (a: Table, b: Table) =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].every((service) => sameEntry(a[service], b[service]));

describe("tables", () => {
  it("become one in any order, grouped in any way, and however often", () => {
    fc.assert(
      fc.property(table, table, table, (a, b, c) => {
        expect(equal(mergeTables(a, b), mergeTables(b, a))).toBe(true);
        expect(equal(mergeTables(mergeTables(a, b), c), mergeTables(a, mergeTables(b, c)))).toBe(true);
        expect(mergeTables(a, a)).toBe(a);
        expect(mergeTables(mergeTables(a, b), b)).toEqual(mergeTables(a, b));
      }),
    );
  });

  it("have equal digests exactly when they are equal, whatever the order of their services", () => {
    fc.assert(
      fc.property(table, table, (a, b) => {
        expect(digestTable(a) === digestTable(b)).toBe(equal(a, b));
        expect(digestTable(Object.fromEntries(Object.entries(a).reverse()))).toBe(digestTable(a));
      }),
    );
  });

  it("that say nothing of a service have different digests where its home is another one, and one digest once they do", () => {
    const read = (table: Table) => [single, exchanged(single)].map((spec) => digestTable(complete(table, [spec])));
    expect(new Set(read({})).size).toBe(2);
    expect(new Set(read({ Writer: { epoch: 0, released: false } })).size).toBe(1);
  });

  it("give a digest of 32 digits, the same in every version: two hubs of a pair may differ for a while", () => {
    expect(digestTable({})).toBe("0880950eb2ab1be95aa0733055956c75");
    expect(digestTable({ Writer: { epoch: 3, released: true } })).toHaveLength(32);
  });
});

describe("epochs", () => {
  const pair = fc.constantFrom({ home: "mainpc", standby: "pc2" }, { home: "pc2", standby: "mainpc" });

  it("begin at home: 0 where the home comes first by name, else 1", () => {
    expect(firstEpoch({ home: "mainpc", standby: "pc2" })).toBe(0);
    expect(firstEpoch({ home: "pc2", standby: "mainpc" })).toBe(1);
  });

  it("are never minted by both machines, and grow by one or two", () => {
    fc.assert(
      fc.property(pair, fc.nat(1_000), (service, above) => {
        const home = nextEpoch(service, service.home, above);
        const standby = nextEpoch(service, service.standby, above);
        expect(ownerOf(service, home)).toBe(service.home);
        expect(ownerOf(service, standby)).toBe(service.standby);
        expect([home, standby].sort((a, b) => a - b)).toEqual([above + 1, above + 2]);
        expect(otherOf(service, service.home)).toBe(service.standby);
      }),
    );
  });
});
