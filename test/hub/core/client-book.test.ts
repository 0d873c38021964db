import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ClientBook } from "../../../hub/core/client-book.ts";

const push = (name: string, seq: number, body = `m ${seq}\n`) => ({
  op: "put" as const,
  group: [["job", "a"]] as [string, string][],
  body,
  client: { name, seq },
});

describe("the book of clients", () => {
  it("takes push 3 of a client for new, then for replayed by the hub that took it, and for reused with another body", () => {
    const book = new ClientBook();
    expect(book.standing(push("backup", 3))).toEqual({ kind: "new" });
    book.note(push("backup", 3), "pc2");
    expect(book.standing(push("backup", 3))).toEqual({ kind: "replayed", origin: "pc2" });
    expect(book.standing(push("backup", 3, "m 4\n"))).toEqual({ kind: "reused" });
    expect(book.standing({ ...push("backup", 3), op: "post" as const })).toEqual({ kind: "reused" });
    expect(book.standing(push("other", 3))).toEqual({ kind: "new" });
  });

  it("counts what lies between the lowest and the highest number as missing, in whatever order they come", () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(numbers, (seqs) => {
        const book = new ClientBook();
        for (const seq of seqs) book.note(push("backup", seq), "mainpc");
        const [lowest, highest] = [Math.min(...seqs), Math.max(...seqs)];
        const missing = highest - lowest + 1 - seqs.length;
        expect(book.accounts(1)).toEqual([{ client: "backup", highest, missing, duplicates: 0 }]);
      }),
    );
  });

  it("counts a retry that both hubs stored as 1 duplicate, and pushes without a number by the hub that took them", () => {
    const book = new ClientBook();
    book.note(push("backup", 1), "mainpc");
    book.note(push("backup", 1), "pc2");
    book.note({ ...push("backup", 1), client: undefined }, "pc2");
    expect(book.totals()).toEqual({ clients: 1, missing: 0, duplicates: 1, forgotten: 0 });
    expect(book.unnumbered()).toEqual({ pc2: 1 });
  });

  it("takes number 1 for reused after 32 later ones: no retry is that late, but a client that starts anew is", () => {
    const book = new ClientBook();
    for (let seq = 1; seq <= 33; seq++) book.note(push("backup", seq), "mainpc");
    expect(book.standing(push("backup", 1)).kind).toBe("reused");
    expect(book.standing(push("backup", 2)).kind).toBe("replayed");
  });

  it("keeps 10,000 clients and forgets the one that was silent longest", () => {
    const book = new ClientBook();
    for (let i = 0; i < 10_000; i++) book.note(push(`client-${i}`, 1), "mainpc");
    book.note(push("client-0", 2), "mainpc");
    book.note(push("one-more", 1), "mainpc");
    expect(book.totals()).toMatchObject({ clients: 10_000, forgotten: 1 });
    expect(book.standing(push("client-1", 1)).kind).toBe("new");
    expect(book.standing(push("client-0", 1)).kind).toBe("replayed");
  });

  it("still knows how many numbers are missing when there are more than 256 holes", () => {
    const book = new ClientBook();
    for (let seq = 1; seq <= 2_001; seq += 2) book.note(push("odd", seq), "mainpc");
    expect(book.totals().missing).toBe(1_000);
  });

  it("remembers 100,000 holes of all clients, and beyond it those of the one that was silent longest are only counted", () => {
    const book = new ClientBook();
    const odd = (name: string, pushes: number) => {
      for (let i = 0; i < pushes; i++) book.note(push(name, 1 + 2 * i), "mainpc");
    };
    for (let i = 0; i < 400; i++) odd(`client-${i}`, 251);
    expect([book.holes, book.totals().missing]).toEqual([100_000, 100_000]);
    odd("one-more", 11);
    expect([book.holes, book.totals().missing]).toEqual([100_000, 100_010]);
    expect([2, 20, 22].map((seq) => book.standing(push("client-0", seq)).kind)).toEqual(["reused", "reused", "new"]);
    expect(book.standing(push("client-1", 2)).kind).toBe("new");
    const dumps = [...book.dumps()];
    const other = new ClientBook();
    for (const dump of [...dumps, ...dumps]) other.merge(dump);
    expect([other.holes, other.totals().missing]).toEqual([100_000, 100_010]);
  });

  it("forgets the holes of a client with it", () => {
    const book = new ClientBook();
    for (const seq of [1, 3, 5]) book.note(push("holed", seq), "mainpc");
    expect(book.holes).toBe(2);
    for (let i = 0; i < 10_000; i++) book.note(push(`client-${i}`, 1), "mainpc");
    expect([book.holes, book.totals().forgotten]).toEqual([0, 1]);
  });

  it("keeps 256 runs of a dump with 400, and counts what it wrote off once, however often it is merged", () => {
    const numbers = Array.from({ length: 400 }, (_, i): [number, number] => [1 + 2 * i, 1 + 2 * i]);
    const book = new ClientBook();
    for (let i = 0; i < 2; i++)
      book.merge({ client: "a", numbers, lowest: 1, duplicates: 0, writtenOff: 0, recent: [] });
    expect([book.holes, book.totals().missing]).toEqual([255, 399]);
  });

  it("misses nothing by a dump whose lowest number lies above those that it holds, or that holds none", () => {
    const book = new ClientBook();
    const dump = { client: "a", numbers: [[1, 2]] as [number, number][], duplicates: 0, writtenOff: 0, recent: [] };
    book.merge({ ...dump, lowest: 100 });
    book.merge({ ...dump, client: "b", lowest: 100, numbers: [] });
    expect(book.totals()).toMatchObject({ clients: 1, missing: 0 });
  });
});
