/** What the hubs say of their own objectives, for the report of a soak: their word beside what it measured itself. */
import { z } from "zod";
import { objectivesPath } from "../../hub/http/objectives-json.ts";
import { askHub } from "../site/ask-hub.ts";
import type { HubAddress } from "./hub-look.ts";
import type { SoakEvent, ToldObjective } from "./slice.ts";

/** Only what is shown: a hub may say more. */
const Objectives = z.object({
  objectives: z.array(
    z.object({
      name: z.string(),
      target: z.number(),
      windowDays: z.number(),
      availability: z.number().nullable(),
      budgetLeft: z.number(),
      burning: z.string(),
    }),
  ),
});

const deadlineMs = 3_000;

/** An event of the run, so that its checkpoints vouch for it. */
export async function askObjectives(hubs: readonly HubAddress[], atMs: number): Promise<SoakEvent> {
  const told = await Promise.all(
    hubs.map(async ({ name: hub, hubUrl }): Promise<ToldObjective[]> => {
      const answer = await askHub(`${hubUrl}${objectivesPath}`, Objectives, deadlineMs);
      return (answer?.objectives ?? []).map((objective) => ({ hub, ...objective }));
    }),
  );
  const what = `the hubs told of ${new Set(told.flat().map(({ name }) => name)).size} objectives`;
  return { atMs, toMs: null, kind: "objectives", what, objectives: told.flat() };
}

/** As the newest of these events says; undefined when none does. */
export const objectivesIn = (events: readonly SoakEvent[]): readonly ToldObjective[] | undefined =>
  events.findLast(({ objectives }) => objectives !== undefined)?.objectives;
