/** What package-lock.json says of each package: the one list of what is installed, so nothing is read from node_modules. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const LockedPackage = z.object({
  version: z.string(),
  /** An SPDX expression, as the package says it. */
  license: z.string().default("none"),
  /** Of its archive: algorithm and base64. */
  integrity: z.string().optional(),
  resolved: z.string().optional(),
  dev: z.boolean().default(false),
  hasInstallScript: z.boolean().default(false),
});

const Lockfile = z.object({ packages: z.record(z.string(), z.unknown()) });

export interface LockedPackage extends z.infer<typeof LockedPackage> {
  name: string;
  /** @example "node_modules/smtp-server/node_modules/nodemailer" */
  path: string;
}

/** By path. @param root folder with package-lock.json @throws Error naming the file when it is none */
export function readLockfile(root: string): Map<string, LockedPackage> {
  const { packages } = Lockfile.parse(JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")));
  const paths = Object.keys(packages).filter((path) => path !== "");
  return new Map(paths.map((path) => [path, { ...LockedPackage.parse(packages[path]), name: nameAt(path), path }]));
}

/** Of the package that a source file belongs to; undefined for one of our own. @example "node_modules/zod" */
export function packagePathOf(file: string): string | undefined {
  const inside = /(?:^|\/)(node_modules\/.*)$/.exec(file)?.[1];
  return inside && /^(?:node_modules\/(?:@[^/]+\/)?[^/]+\/)+/.exec(inside)?.[0].slice(0, -1);
}

const nameAt = (path: string) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
