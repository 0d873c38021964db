/** Looks at a local run or at a site, as doctor and support do. */
import type { Stack } from "../site/stacks.ts";
import type { Progress } from "../terminal/progress.ts";
import { lookAtLocalRun } from "./local-look.ts";
import type { Look } from "./look.ts";

/** @param stacks of the site; not asked for a local run @param data folder of the local run @param here this command's version */
export async function lookAround(
  stacks: () => readonly Stack[],
  data: string | undefined,
  here: string,
  progress: Pick<Progress, "steps">,
): Promise<Look> {
  if (data !== undefined) return await lookAtLocalRun(data, here, progress);
  // It brings Pulumi along, which takes every other command half a second.
  const { lookAtSite } = await import("./site-look.ts");
  return await lookAtSite(stacks(), here, progress);
}
