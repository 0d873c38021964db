import { describe, expect, it } from "vitest";
import { hasStayed, homewardOf, oursOf } from "../../../ops/deploy/care.ts";

describe("a service that was moved off a machine for its up", () => {
  const moved = { service: "Twin", from: "mainpc", to: "pc2", epoch: 5 };
  const now = (owner: string, epoch: number, state: "home" | "away" | "moving" | "held" = "away") =>
    homewardOf(moved, { owner, epoch, state });

  it("is brought back when nobody has moved it since", () => {
    expect(now("pc2", 5)).toBe("return");
    expect(now("pc2", 5, "held")).toBe("return");
    // A run that was killed before it heard of the move has noted the epoch that it expected.
    expect(now("pc2", 4)).toBe("return");
  });

  it("is left alone when it is home already, or when an operator or a failover has moved it to and fro", () => {
    expect(now("mainpc", 6, "home")).toBe("home");
    expect(now("pc2", 7)).toBe("somebody's");
  });

  it("is asked about again while it moves", () => {
    expect(now("pc2", 5, "moving")).toBe("ask again");
  });
});

describe("a service whose move was not answered", () => {
  const entry = { from: "mainpc", epoch: 5 };
  const stayed = (owner: string, epoch: number, state: "home" | "away" | "moving" = "home") =>
    hasStayed(entry, { owner, epoch, state });

  it("has stayed only where a hub says that it acts as before", () => {
    expect(stayed("mainpc", 4)).toBe(true);
    expect(stayed("mainpc", 4, "moving")).toBe(false);
    expect(stayed("pc2", 5, "away")).toBe(false);
    expect(hasStayed(entry, undefined)).toBe(false);
  });
});

describe("the maintenance that a deployment ends", () => {
  it("is its own, and not what an operator has begun meanwhile", () => {
    const known = [
      { target: "mainpc/Twin", by: "ops" },
      { target: "mainpc/Other", by: "tandem deploy" },
    ];
    expect(oursOf(["mainpc/Twin", "mainpc/Other", "mainpc/Third"], known)).toEqual(["mainpc/Other", "mainpc/Third"]);
  });
});
