import { describe, expect, it } from "vitest";
import { orphansOf } from "../../../ops/deploy/orphans.ts";

const began = Date.parse("2026-01-01T10:00:00Z") / 1_000;
const said = (...lines: string[]) => [`${began}`, ...lines].join("\n");

describe("containers that no state knows of", () => {
  it("are those of this machine that were made since the broken deployment began", () => {
    const found = orphansOf(
      said(
        "aaa 2026-01-01T10:00:07.5Z /tandem-pc2-hub-1a2b",
        "bbb 2026-01-01T10:00:09Z /tandem-pc2-nats",
        "ccc 2026-01-01T09:59:00Z /tandem-pc2-pushgateway",
      ),
      new Set(["bbb"]),
      "all",
    );
    expect(found.map(({ id, name }) => [id, name])).toEqual([["aaa", "tandem-pc2-hub-1a2b"]]);
  });

  it("are none where the archive does not say when that was", () => {
    expect(orphansOf("never\naaa 2026-01-01T10:00:07Z /x", new Set(), "all")).toEqual([]);
    expect(orphansOf("", new Set(), "all")).toEqual([]);
  });

  it("are left before the way forward where a hub or router may act, and a healthy new one ends it", () => {
    const made = "2026-01-01T10:00:07Z";
    const all = said(`aaa ${made} /tandem-pc2-hub-1a2b hub`, `bbb ${made} /r router`, `ccc ${made} /Twin home`);
    expect(orphansOf(all, new Set(), "replaceable").map(({ id }) => id)).toEqual(["ccc"]);
    expect(orphansOf(all, new Set(), "all").map(({ id }) => id)).toEqual(["aaa", "bbb", "ccc"]);
  });
});
