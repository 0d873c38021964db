/** Where a site's inventory lies. */
import { fleetDir } from "../fleet/load.ts";
import type { StackSite } from "./site.ts";

/** The folder that the stack names, or fleet/ beside the program. */
export const fleetDirectoryOf = ({ fleet }: Pick<StackSite, "fleet">): string =>
  fleet.directory === "" ? fleetDir : fleet.directory;
