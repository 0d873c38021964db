/** A check of a configuration file by the program that will read it, in its own image and as the user that will. */
import { dockerCommand, type Reach } from "./reach.ts";
import { shellQuote } from "./shell.ts";

export interface CheckInImageArgs {
  reach: Reach;
  imageId: string;
  uid: number;
  /** On the machine, and where the container has them, as it will later. */
  directories: Record<string, string>;
  /** Program in the image. */
  entrypoint: string;
  /** @default "none" */
  network?: "none" | "host";
  /** Its arguments, as sh reads them; `$new` is the candidate on the machine. */
  command: string;
}

/** POSIX sh for `ConfigFileArgs.validate`. Nothing of the container is left. */
export function checkInImage(args: CheckInImageArgs): string {
  const { reach, imageId, uid, directories, entrypoint, network = "none", command } = args;
  const bounds = `--rm --network ${network} --read-only --cap-drop ALL --user ${uid}:${uid}`;
  const mounts = Object.entries(directories)
    .map(([source, target]) => `--mount ${shellQuote(`type=bind,source=${source},target=${target},readonly`)}`)
    .join(" ");
  return [
    `${dockerCommand(reach)} run ${bounds} ${mounts} --entrypoint ${entrypoint} ${shellQuote(imageId)} \\`,
    `  ${command}`,
  ].join("\n");
}
