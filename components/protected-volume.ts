/** A directory of a machine as a volume that `pulumi destroy` refuses to take away. */
import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { DataDirectory } from "./data-directory.ts";
import type { Reach } from "./reach.ts";

export interface ProtectedVolumeArgs {
  reach: Reach;
  /** Of the volume. @example "tandem-mainpc-jetstream" */
  name: string;
  /** On the machine; made with 0700 when it is missing. */
  directory: string;
  uid: number;
}

/** Resolves to the volume's name once it is there. Its resources are called `<resourceName>-data` and `<resourceName>-volume`. */
export function protectedVolume(
  resourceName: string,
  { reach, name, directory, uid }: ProtectedVolumeArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const { path } = new DataDirectory(`${resourceName}-data`, { reach, path: directory, uid }, opts);
  const volume = new docker.Volume(
    `${resourceName}-volume`,
    {
      name,
      // A plain named volume would belong to root, and could not be found by someone who looks for the data.
      driver: "local",
      driverOpts: { type: "none", o: "bind", device: path },
    },
    { ...opts, protect: true },
  );
  return volume.name;
}
