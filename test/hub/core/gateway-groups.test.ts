import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseExposition } from "../../../hub/core/exposition/parse.ts";
import { renderFamily } from "../../../hub/core/exposition/render.ts";
import { Fold } from "../../../hub/core/fold/fold.ts";
import { readGateway, readPushTimes } from "../../../hub/core/gateway-groups.ts";
import { parseGroupPath } from "../../../hub/core/group-path.ts";
import { metricsJson } from "../../../hub/http/metrics-json.ts";
import { family } from "./exposition/arbitrary-family.ts";

describe("what a Pushgateway shows", () => {
  it("gives the key of each group as the path of a push gives it, and its push time in ms", () => {
    const text = [
      'push_time_seconds{instance="",job="a",x=""} 1.7955738030555768e+09',
      'push_time_seconds{instance="nas",job="b\\"",b="c"} 1e+09',
      "",
    ].join("\n");
    const sightings = readPushTimes(text) ?? [];
    expect(sightings.map(({ key }) => key)).toEqual(['job="a",x=""', 'job="b\\"",b="c",instance="nas"']);
    expect(sightings.map(({ pushedAtMs }) => Math.round(pushedAtMs))).toEqual([1_795_573_803_056, 1_000_000_000_000]);
    const path = parseGroupPath("/metrics/job/b%22/instance/nas/b/c");
    expect(path.ok && path.group).toEqual(sightings[1]?.group);
  });

  it("is said not to be read where it is no exposition", () => {
    expect(readPushTimes("push_time_seconds{job= 1\n")).toBeUndefined();
    expect(() => readGateway({ status: "error" })).toThrow();
  });

  it("gives back from its JSON, for any metrics, a body that says the same, of the groups that are wanted", async () => {
    await fc.assert(
      fc.asyncProperty(family, async (each) => {
        const fold = new Fold();
        const at = { wallMs: 1_000, counter: 0 };
        const push = { kind: "push", op: "put", body: renderFamily(each), at } as const;
        const own: [string, string][] = [
          ["job", "a"],
          ["m", "b"],
        ];
        // With the group's labels two series may be one, and such a push is refused.
        fc.pre(fold.check({ kind: "push", op: "put", group: own, body: push.body }).ok);
        fold.apply({ ...push, group: own }, "mainpc");
        fold.apply({ ...push, body: "other 1\n", group: [["job", "o"]] }, "mainpc");
        const [read, ...more] = readGateway(JSON.parse(await metricsJson(fold)), new Set(['job="a",m="b"']));
        expect(more).toEqual([]);
        if (fold.group('job="a",m="b"')?.series === 0) return;
        expect(read).toMatchObject({ key: 'job="a",m="b"', pushedAtMs: 1_000 });
        const again = new Fold();
        again.apply(
          {
            ...push,
            body: read?.body ?? "",
            group: [
              ["job", "a"],
              ["m", "b"],
            ],
          },
          "mainpc",
        );
        const lines = (text = "") => text.split("\n").sort();
        expect(lines(again.groupText('job="a",m="b"'))).toEqual(lines(fold.groupText('job="a",m="b"')));
        expect(parseExposition(read?.body ?? "").ok).toBe(true);
      }),
    );
  });
});
