import { describe, expect, it } from "vitest";
import { vouchedFor } from "../../../ops/deploy/vouch.ts";

const [right, other] = ["a".repeat(64), "b".repeat(64)];
const silent = { name: "this computer", noted: undefined };

describe("a program that a machine has kept", () => {
  it("is vouched for by one note of its digest, of the other machine or of this computer", () => {
    expect(vouchedFor(right, [silent, { name: "mainpc", noted: right }])).toEqual({ kind: "vouched" });
    expect(vouchedFor(right, [{ ...silent, noted: right }])).toEqual({ kind: "vouched" });
  });

  it("is vouched for by another machine that keeps the very same one, and by none that keeps another one", () => {
    expect(vouchedFor(right, [{ name: "mainpc", noted: undefined, own: right }])).toEqual({ kind: "vouched" });
    expect(vouchedFor(right, [{ name: "mainpc", noted: undefined, own: other }])).toEqual({ kind: "unvouched" });
  });

  it("is contradicted by one note of another digest, whoever else vouches for it", () => {
    const said = [
      { ...silent, noted: right },
      { name: "mainpc", noted: other, own: right },
      { name: "attic", noted: right },
    ];
    expect(vouchedFor(right, said)).toEqual({ kind: "contradicted", by: ["mainpc"] });
  });

  it("is unvouched where nobody says anything", () => {
    expect(vouchedFor(right, [])).toEqual({ kind: "unvouched" });
    expect(vouchedFor(right, [silent, { name: "mainpc", noted: undefined }])).toEqual({ kind: "unvouched" });
  });
});
