/** The image of one of Tandem's own programs: built on the machine from its bundle, or taken as it is. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";

export type ProgramName = "hub" | "router" | "supervisor";

/** Built programs: where each lies, in a directory of its own, and the hash of its bytes, hex. */
export type Bundles = Record<ProgramName, { path: string; contentHash: string }>;

export type ProgramImage =
  /** Built on the machine's own engine from the bundle; no registry takes part but for the base. */
  | {
      kind: "build";
      program: ProgramName;
      /** Path of the bundle; its directory is the build's context, so that no other program's change is one of this image. */
      bundlePath: string;
      /** Hash of the bundle, hex. */
      bundleHash: string;
      /** Image with `node` 24 in its PATH. @example "node:24-bookworm-slim" */
      base: string;
      /** System and processor of the machine. @default "linux/amd64" */
      platform?: string;
    }
  /** Taken as it is; has the bundles of all programs in /app. @example { kind: "pull", name: "registry.example.org/tandem-hub@sha256:…" } */
  | { kind: "pull"; name: string };

const dockerfile = fileURLToPath(new URL("../hub/Dockerfile", import.meta.url));

/** What the container runs, and how people call it. */
export function programImage(
  name: string,
  image: ProgramImage,
  children: pulumi.CustomResourceOptions,
): { reference: pulumi.Output<string>; tag: pulumi.Output<string> } {
  if (image.kind === "pull") {
    const pulled = new docker.RemoteImage(`${name}-image`, { name: image.name, keepLocally: true }, children);
    return { reference: pulled.imageId, tag: pulled.name };
  }
  const built = new docker.Image(
    `${name}-image`,
    {
      imageName: programImageTag(image),
      // Relative, so that another clone of the same commit previews no change.
      build: {
        context: here(dirname(image.bundlePath)),
        dockerfile: here(dockerfile),
        args: { BASE: image.base },
        platform: image.platform ?? "linux/amd64",
      },
      skipPush: true,
    },
    children,
  );
  return { reference: built.imageName, tag: built.imageName };
}

/** Whatever changes the image changes its tag, so that a preview shows the replacement by name. */
export function programImageTag({
  program,
  bundleHash,
  base,
}: Pick<Extract<ProgramImage, { kind: "build" }>, "program" | "bundleHash" | "base">): string {
  const parts = [bundleHash, base, readFileSync(dockerfile, "utf8")];
  return `tandem-${program}:${createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 12)}`;
}

function here(path: string): string {
  return relative(process.cwd(), path);
}
