/** The rule that an image is named so that the same name is the same image next week. */
import { z } from "zod";
import { containersOf, type Declared, ofKind, type Rule, type Violation } from "./declared.ts";

const Remote = z.object({ name: z.string().optional() });
const Built = z.object({
  imageName: z.string().optional(),
  build: z.object({ args: z.record(z.string(), z.string()).default({}) }).prefault({}),
});

export const imageHasATag: Rule = {
  name: "image-has-a-tag",
  description: "Every image is named by a tag other than latest, or by digest",
  scope: "resource",
  check: (declared) =>
    namedImages(declared).flatMap(({ resource, image }): Violation[] => {
      const fault = faultOf(image);
      if (fault === undefined) return [];
      const next = "Name a version, best by digest, as in nats@sha256:… (images.* of the stack, or image of the agent)";
      return [{ resource, what: `${image} ${fault}`, next }];
    }),
};

function namedImages(declared: readonly Declared[]): { resource: string; image: string }[] {
  const containers = containersOf(declared).map(({ name, props }) => ({ resource: name, images: [props.image] }));
  const pulled = ofKind(declared, "remoteImage", Remote).map(({ name, props }) => ({
    resource: name,
    images: [props.name],
  }));
  const built = ofKind(declared, "image", Built).map(({ name, props }) => ({
    resource: name,
    // What hub/Dockerfile builds on.
    images: [props.imageName, props.build.args.BASE],
  }));
  return [...containers, ...pulled, ...built].flatMap(({ resource, images }) =>
    images.flatMap((image) => (image === undefined ? [] : [{ resource, image }])),
  );
}

/** Of the id that a container gets from a RemoteImage nothing can be said, nor need be: the RemoteImage is judged itself. */
function faultOf(image: string): string | undefined {
  if (image.startsWith("sha256:") || image.includes("@sha256:")) return undefined;
  const last = image.slice(image.lastIndexOf("/") + 1);
  const [, tag] = last.split(":");
  if (tag === undefined || tag === "") return "has no tag, which means latest: another image each time";
  return tag === "latest" ? "has the tag latest: another image each time" : undefined;
}
