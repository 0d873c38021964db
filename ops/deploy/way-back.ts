/** Fetches, before a machine is touched, the program that it is brought back by when its `up` goes wrong, and says where there is none. */
import { OperatorError } from "../error.ts";
import { beforeOf } from "./deployment.ts";
import { fetchVouched, type Vouching } from "./kept-program.ts";
import type { Task } from "./machine-run.ts";

export type WayBack =
  | { number: number; archive: Buffer }
  /** It is not run. */
  | { number: number; refused: OperatorError };

/** Of each machine that has something to go back to, by name. */
export type WaysBack = ReadonlyMap<string, WayBack>;

export async function waysBackOf(
  tasks: readonly Pick<Task, "place" | "kept" | "record">[],
  vouching: Vouching,
): Promise<WaysBack> {
  const ways = await Promise.all(
    tasks.map(async ({ place, kept, record }): Promise<[string, WayBack] | undefined> => {
      const previous = beforeOf(record.number, kept);
      if (previous === undefined) return undefined;
      const { number } = previous;
      try {
        return [place.name, { number, archive: await fetchVouched(place, number, vouching) }];
      } catch (error) {
        if (!(error instanceof OperatorError)) throw error;
        vouching.say(`${place.name} cannot be brought back by itself if this goes wrong: ${error.message}`);
        return [place.name, { number, refused: error }];
      }
    }),
  );
  return new Map(ways.flatMap((way) => (way === undefined ? [] : [way])));
}

/** What a person must look at before more is changed: a program, or a note of it, that is another one now. */
export function contradictionOf(ways: WaysBack): OperatorError | undefined {
  for (const [machine, way] of ways)
    if ("refused" in way && way.refused.code === "deploy.contradicted")
      return new OperatorError(
        "deploy.no-way-back",
        `${machine} could not be brought back by itself: ${way.refused.message}`,
        `${way.refused.next}. Without --yes you are asked whether to go on all the same`,
      );
  return undefined;
}
