/** The rule that no `destroy` and no prune takes data away without a word. */
import { z } from "zod";
import { containersOf, ofKind, type Rule, type Violation } from "./declared.ts";

const Volume = z.object({ name: z.string().optional() });

export const volumesAreProtected: Rule = {
  name: "volumes-are-protected",
  description: "Every volume is declared and protected",
  scope: "stack",
  check: (declared) => {
    const volumes = ofKind(declared, "volume", Volume);
    const known = new Set(volumes.map(({ props }) => props.name));
    const bare = volumes.filter(({ protect }) => !protect);
    return [
      ...bare.map(({ name }) => ({
        resource: name,
        what: "the volume is not protected: a destroy would remove it with its data",
        next: "Declare it with { protect: true }",
      })),
      ...containersOf(declared).flatMap(({ name, props }): Violation[] => {
        const mounted = props.mounts.filter(({ type }) => type === "volume").map(({ source }) => source ?? "");
        const older = props.volumes.flatMap(({ volumeName }) => (volumeName === undefined ? [] : [volumeName]));
        return [...mounted, ...older]
          .filter((source) => !known.has(source))
          .map((source) => ({
            resource: name,
            what: `the container keeps data in ${source === "" ? "a volume without a name" : `the volume ${source}`}, which no resource declares`,
            next: "Declare it as docker.Volume with { protect: true }, or mount a DataDirectory",
          }));
      }),
    ];
  },
};
