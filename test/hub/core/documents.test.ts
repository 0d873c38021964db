import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Document, isDeep, isLater, readStored, revisionOf, storedText } from "../../../hub/core/document.ts";
import { Documents, type DocumentWrite } from "../../../hub/core/documents.ts";

const tutor: DocumentWrite = { kind: "migration", key: "mainpc/TutorAgent", by: "ann", value: { step: 1 } };

/** Writes and holds it, as a hub does whose bucket has taken it. */
function write(documents: Documents, change: Partial<DocumentWrite>, nowMs: number): Document {
  const draft = documents.draft({ ...tutor, ...change }, nowMs);
  if (draft.kind !== "draft") throw new Error(`it was not written: ${JSON.stringify(draft)}`);
  documents.merge(draft.document);
  return draft.document;
}

const stored = fc.record({
  kind: fc.constantFrom("migration", "drill"),
  key: fc.constantFrom("mainpc/A", "pc2/B"),
  at: fc.record({ wallMs: fc.integer({ min: 0, max: 3 }), counter: fc.integer({ min: 0, max: 2 }) }),
  machine: fc.constantFrom("mainpc", "pc2"),
  by: fc.constantFrom("ann", "bob"),
  // As it comes out of JSON, which knows no -0.
  value: fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown),
});

describe("documents", () => {
  it("a write replaces what stands, and is later than it although the clock went back by 5 s", () => {
    const documents = new Documents("mainpc");
    const first = write(documents, {}, 10_000);
    const second = write(documents, { value: { step: 2 } }, 5_000);
    expect(revisionOf(second)).toBe("10000.1.mainpc");
    expect(documents.get("migration", "mainpc/TutorAgent")).toEqual(second);
    expect(documents.merge(first)).toBe(false);
    expect(documents.count).toBe(1);
  });

  it("a draft is not held before it is merged", () => {
    const documents = new Documents("mainpc");
    expect(documents.draft(tutor, 1).kind).toBe("draft");
    expect(documents.get("migration", "mainpc/TutorAgent")).toBeUndefined();
  });

  it("a write that names what it replaces meets a conflict with what stands there instead", () => {
    const documents = new Documents("mainpc");
    expect(documents.draft({ ...tutor, replaces: "1.0.pc2" }, 1)).toEqual({ kind: "conflict", present: undefined });
    const first = write(documents, { replaces: null }, 1);
    expect(documents.draft({ ...tutor, replaces: null }, 2)).toEqual({ kind: "conflict", present: first });
    const second = write(documents, { replaces: revisionOf(first) }, 2);
    expect(documents.draft({ ...tutor, replaces: revisionOf(first) }, 3)).toEqual({
      kind: "conflict",
      present: second,
    });
  });

  it("of two writers that replace the same revision on both machines, both sides keep the later one", () => {
    const [here, there] = [new Documents("mainpc"), new Documents("pc2")];
    const before = write(here, {}, 1);
    there.merge(before);
    const replaces = revisionOf(before);
    const ours = write(here, { replaces, value: "ours" }, 5);
    const theirs = write(there, { replaces, value: "theirs" }, 5);
    expect(here.merge(theirs)).toBe(true);
    expect(there.merge(ours)).toBe(false);
    expect(here.list("migration")).toEqual(there.list("migration"));
    expect(here.list("migration")).toMatchObject([{ value: "theirs", machine: "pc2" }]);
  });

  it("are the same on both hubs in whatever order, and however often, they take them in", () => {
    fc.assert(
      fc.property(fc.array(stored, { maxLength: 10 }), (all) => {
        const [here, there] = [new Documents("mainpc"), new Documents("pc2")];
        for (const document of all) here.merge(document);
        for (const document of [...all.toReversed(), ...all]) there.merge(document);
        expect(here.list("migration")).toEqual(there.list("migration"));
        expect(here.list("drill")).toEqual(there.list("drill"));
        for (const document of here.all()) expect(there.merge(document)).toBe(false);
        expect(here.count).toBe([...here.all()].length);
      }),
    );
  });

  it("a write is later than all that was ever taken in", () => {
    fc.assert(
      fc.property(fc.array(stored), fc.nat(5), (all, nowMs) => {
        const documents = new Documents("mainpc");
        for (const document of all) documents.merge(document);
        const written = write(documents, { key: "mainpc/A" }, nowMs);
        expect(documents.get("migration", "mainpc/A")).toEqual(written);
        for (const document of all) documents.merge(document);
        expect(documents.get("migration", "mainpc/A")).toEqual(written);
      }),
    );
  });

  it("what a caller does to its value afterwards changes nothing", () => {
    const documents = new Documents("mainpc");
    const value = { steps: [1] };
    write(documents, { value }, 1);
    value.steps.push(2);
    expect(documents.get("migration", "mainpc/TutorAgent")?.value).toEqual({ steps: [1] });
  });
});

describe("a write is refused with a reason", () => {
  const refusal = (change: Partial<DocumentWrite>, documents = new Documents("mainpc")) =>
    documents.draft({ ...tutor, ...change }, 1);

  it.each([
    [{ kind: "Migration" }, "kind:"],
    [{ kind: "m".repeat(32) }, "kind:"],
    [{ key: "" }, "key:"],
    [{ key: "mainpc/../pc2" }, "key:"],
    [{ key: "k".repeat(201) }, "key:"],
    [{ by: "" }, "by:"],
    [{ value: undefined }, "value: there is none"],
    [{ value: JSON.parse("[".repeat(65) + "]".repeat(65)) as unknown }, "nested more deeply than 64"],
  ])("%# that is no document", (change, reason) => {
    expect(refusal(change)).toMatchObject({ kind: "refused", why: "invalid", reason: expect.stringContaining(reason) });
  });

  it("with a value of more than 64 KiB, and taken with one of just that", () => {
    expect(refusal({ value: "x".repeat(64 * 1024 - 2) }).kind).toBe("draft");
    expect(refusal({ value: "x".repeat(64 * 1024 - 1) })).toMatchObject({ why: "large" });
    // Bytes count, not letters.
    expect(refusal({ value: "ß".repeat(40_000) })).toMatchObject({ why: "large" });
  });

  it("with a 2,001st document of a kind or a 17th kind, while what stands may still be replaced", () => {
    const documents = new Documents("mainpc");
    for (let i = 0; i < 2_000; i++) write(documents, { key: `k${i}` }, 1);
    expect(refusal({ key: "k2000" }, documents)).toMatchObject({ why: "full" });
    expect(refusal({ key: "k0" }, documents).kind).toBe("draft");
    for (const letter of "abcdefghijklmno") write(documents, { kind: letter }, 1);
    expect(refusal({ kind: "p" }, documents)).toMatchObject({
      why: "full",
      reason: expect.stringContaining("16 kinds"),
    });
  });

  it("with more bytes than all may take together, unless it shrinks what stands", () => {
    const documents = new Documents("mainpc", { kinds: 16, perKind: 100, totalBytes: 2_000 });
    write(documents, { value: "x".repeat(1_500) }, 1);
    expect(refusal({ key: "other", value: "x".repeat(500) }, documents)).toMatchObject({ why: "full" });
    write(documents, { value: "" }, 1);
    expect(refusal({ key: "other", value: "x".repeat(500) }, documents).kind).toBe("draft");
  });
});

describe("what is read back", () => {
  it("is later than another by its revision: by wall time, then counter, then machine", () => {
    expect(isLater("10.0.mainpc", "9.7.pc2")).toBe(true);
    expect(isLater("10.1.mainpc", "10.0.pc2")).toBe(true);
    expect(isLater("10.0.pc2", "10.0.mainpc")).toBe(true);
    expect(isLater("10.0.pc2", "10.0.pc2")).toBe(false);
    expect([isLater("nothing", "1.0.a"), isLater("1.0.a", "nothing")]).toEqual([false, true]);
  });

  it("is what was stored", () => {
    fc.assert(
      fc.property(stored, (document) => {
        expect(readStored(storedText(document))).toEqual(document);
      }),
    );
  });

  it("is damaged or of a later hub, and neither ends in an error", () => {
    const text = storedText({ ...tutor, at: { wallMs: 1, counter: 0 }, machine: "pc2" });
    expect(readStored(text.slice(0, -2))).toBe("damaged");
    expect(readStored("")).toBe("damaged");
    expect(readStored(text.replace('"wallMs":1', '"wallMs":-1'))).toBe("damaged");
    expect(readStored(text.replace('"value":{"step":1}', '"other":1'))).toBe("damaged");
    expect(readStored(text.replace('{"step":1}', `${"[".repeat(20_000)}${"]".repeat(20_000)}`))).toBe("damaged");
    expect(readStored(text.replace('"v":1', '"v":2'))).toBe("too-new");
    fc.assert(fc.property(fc.string(), (any) => typeof readStored(any) === "string"));
  });

  it("has a depth that is counted without running out of stack", () => {
    expect(isDeep(JSON.parse("[".repeat(64) + "]".repeat(64)))).toBe(false);
    expect(isDeep(JSON.parse("[".repeat(100_000) + "]".repeat(100_000)))).toBe(true);
  });

  it("of the peer may be twice as many as one hub writes, and no more", () => {
    const documents = new Documents("mainpc", { kinds: 1, perKind: 2, totalBytes: 10_000 });
    const of = (kind: string, key: string, value: unknown = 1): Document => {
      return { kind, key, at: { wallMs: 1, counter: 0 }, machine: "pc2", by: "test", value };
    };
    for (const key of ["a", "b", "c", "d"]) {
      expect(documents.whyNotPeers(of("one", key), 1)).toBeUndefined();
      documents.merge(of("one", key));
    }
    expect(documents.whyNotPeers(of("one", "e"), 1)).toContain("4 documents of one are kept already");
    expect(documents.whyNotPeers(of("two", "a"), 1)).toBeUndefined();
    documents.merge(of("two", "a"));
    expect(documents.whyNotPeers(of("three", "a"), 1)).toContain("2 kinds are kept already");
    expect(documents.whyNotPeers(of("two", "b", "x".repeat(20_000)), 1)).toContain("would add");
  });
});
