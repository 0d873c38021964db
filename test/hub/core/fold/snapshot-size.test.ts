import fc from "fast-check";
import { expect, it } from "vitest";
import { type Candidate, Fold } from "../../../../hub/core/fold/fold.ts";
import { jsonBytes } from "../../../../hub/core/fold/snapshot-size.ts";
import { PushLimits } from "../../../../hub/core/push-limits.ts";
import type { Push } from "../../../../hub/core/record.ts";
import { snapshotLimitBytes } from "../../../../hub/io/snapshot-store.ts";
import { records } from "./random-records.ts";

const controls = "\u0001".repeat(2_000);
const put = (job: string, body: string): Candidate => ({ kind: "push", op: "put", group: [["job", job]], body });
const lineBytes = (dump: object) => Buffer.byteLength(JSON.stringify({ is: "group", ...dump, key: undefined })) + 1;
const snapshotBytes = (fold: Fold) => fold.state().reduce((sum, dump) => sum + lineBytes(dump), 0);

const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: fc.constantFrom("a", '"', "\\", "\n", "\u0001", "\u007f", "\u2028", "備", "🌍", "\ud800") }),
);

it("a text is counted as JSON writes it: 1 of a letter, 2 of a quotation mark, 3 of 備, 6 of a control character", () => {
  expect(["a", '"', "\\", "\n", "備", "\u0001", "🌍"].map(jsonBytes)).toEqual([1, 2, 2, 2, 3, 6, 4]);
  fc.assert(
    fc.property(text, (each) => {
      expect(jsonBytes(each)).toBe(Buffer.byteLength(JSON.stringify(each)) - 2);
    }),
  );
});

it("groups take no more of a snapshot than is counted, whatever is pushed by a machine with a name of 32 characters", () => {
  const value = text.map((each) => each.toWellFormed().repeat(30));
  const odd = fc.array(fc.tuple(value, value, fc.constantFrom("put", "post", "delete" as const)), { maxLength: 8 });
  fc.assert(
    fc.property(records, odd, (all, odds) => {
      const fold = new Fold();
      const origin = "m".repeat(32);
      const at = { wallMs: 1_800_000_000_000, counter: 123_456 };
      for (const { push } of all) fold.apply({ ...push, at: { ...at, wallMs: at.wallMs + push.at.wallMs } }, origin);
      odds.forEach(([label, help, op], i) => {
        const escaped = [label, help].map((each) => each.replace(/[\\"\n\r]/g, "\\\\"));
        const body = op === "delete" ? "" : `# HELP x ${escaped[1]}\nx{a="${escaped[0]}"} 1\n`;
        const push = {
          kind: "push",
          op,
          group: [
            ["job", `o${i % 2}`],
            ["l", label],
          ],
          body,
        } as Candidate;
        const pushed: Push = { ...push, at: { ...at, counter: i }, ...(op !== "delete" && { expiresAfterMs: 1e12 }) };
        fold.apply(op === "delete" ? { ...pushed, upTo: { at, machine: origin } } : pushed, origin);
      });
      expect(snapshotBytes(fold)).toBeLessThanOrEqual(fold.admission.held.total.characters);
    }),
    { numRuns: 200 },
  );
});

it("what is taken by the default limits leaves three eighths of a snapshot to clients, accounts and alerts", () => {
  const { textCharacters } = PushLimits.parse({});
  expect(textCharacters * 1.25).toBeLessThanOrEqual((snapshotLimitBytes * 5) / 8);
});

it("30 pushes of 300 labels of 2,000 control characters end in 507 at a sixteenth of the limits, and the snapshot keeps below it", () => {
  const limits = { textCharacters: 8 * 1024 ** 2, textCharactersPerPush: 4 * 1024 ** 2 };
  const fold = new Fold({ limits: PushLimits.parse(limits) });
  const body = Array.from({ length: 300 }, (_, i) => `x{a="${i}",b="${controls.slice(4)}"} 1\n`).join("");
  const refused = Array.from({ length: 30 }, (_, i): string | undefined => {
    const push = put(`j${i}`, body);
    const outcome = fold.check(push);
    if (!outcome.ok) return outcome.limit;
    fold.apply({ ...push, at: { wallMs: i + 1, counter: 0 } }, "mainpc");
    return "taken";
  });
  expect([refused.filter((each) => each === "taken").length, refused.at(-1)]).toEqual([2, "textCharacters"]);
  expect(snapshotBytes(fold)).toBeLessThan(limits.textCharacters);
});

it("a push is measured as a snapshot holds it: 600 labels of 2,000 control characters are more than 6 Mi, and 600 of letters are not", () => {
  const fold = new Fold();
  const body = (letter: string) =>
    Array.from({ length: 600 }, (_, i) => `x{a="${i}",b="${letter.repeat(2_000)}"} 1\n`).join("");
  expect(fold.check(put("a", body("\u0001")))).toMatchObject({ ok: false, limit: "textCharactersPerPush" });
  expect(fold.check(put("a", body("x")))).toMatchObject({ ok: true });
  const stored: Push = { ...put("a", body("\u0001")), at: { wallMs: 1, counter: 0 } } as Push;
  expect(fold.apply(stored, "pc2").outcome).toBe("applied");
});
