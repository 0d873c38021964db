/** Says which agents push by themselves since their migration, so that nobody scrapes the same metrics beside it. Pure. */
import { z } from "zod";
import type { Fold } from "./fold/fold.ts";
import { groupKey } from "./group-path.ts";

/** Kind of the documents that say how far an agent's migration is, one an agent under `machine/name`. */
export const migrationKind = "migration";

/** A push this old proves nothing any more, ms: the agent is scraped again, so that it does not vanish with its pushes. */
const freshMs = 90_000;

const Migrated = z.object({ stage: z.literal("done") });

/** @param document the one of its migration; undefined where there is none */
export function pushesItself(
  { name, machine }: { name: string; machine: string },
  document: unknown,
  fold: Pick<Fold, "group">,
  nowMs: number,
): boolean {
  if (!Migrated.safeParse(document).success) return false;
  const group = fold.group(
    groupKey([
      ["job", name],
      ["machine", machine],
    ]),
  );
  return group !== undefined && nowMs - group.pushedAtMs < freshMs;
}
