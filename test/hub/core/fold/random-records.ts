/** Random pushes of two machines that often touch the same groups and names, with stamps as their clocks give them. */
import fc from "fast-check";
import { type Group, parseGroupPath } from "../../../../hub/core/group-path.ts";
import type { Push } from "../../../../hub/core/record.ts";
import { rawPush } from "../../http/push-api-arbitrary.ts";

export interface Stamped {
  push: Push;
  origin: string;
}

const ops = { PUT: "put", POST: "post", DELETE: "delete" } as const;

function groupOf(path: string): Group {
  const parsed = parseGroupPath(path);
  return parsed.ok ? parsed.group : [["job", "j1"]];
}

/** Stamps are unique per machine; between machines they may be equal. */
export const records: fc.Arbitrary<Stamped[]> = fc
  .array(fc.tuple(rawPush, fc.constantFrom("mainpc", "pc2"), fc.nat(2)), { minLength: 1, maxLength: 25 })
  .map((steps) => {
    const clocks: Record<string, number> = { mainpc: 1, pc2: 1 };
    return steps.map(([{ method, path, body }, origin, stepMs]) => {
      const wallMs = (clocks[origin] ?? 0) + 1 + stepMs;
      clocks[origin] = wallMs;
      const op = ops[method];
      const at = { wallMs, counter: 0 };
      return { origin, push: { kind: "push", at, op, group: groupOf(path), body: op === "delete" ? "" : body } };
    });
  });

/** The records in any order, some of them more than once. */
export function shuffled(all: Stamped[]): fc.Arbitrary<Stamped[]> {
  return fc
    .tuple(
      fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }),
      fc.shuffledSubarray(all),
      fc.infiniteStream(fc.nat(1_000)),
    )
    .map(([once, again, where]) => {
      const result = [...once];
      for (const record of again) result.splice((where.next().value ?? 0) % (result.length + 1), 0, record);
      return result;
    });
}
