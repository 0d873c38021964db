/** Builds an image of the lab unless the same one is there: its tag tells what it is made of. */
import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { imageId } from "./base-image.ts";
import { docker } from "./docker.ts";
import { execute } from "./execute.ts";

export interface ImageSpec {
  /** @example "tandem-lab/nats" */
  name: string;
  /** Of the program in it, for people. @default none */
  version?: string;
  /** Image that stands in place of `${BASE}`. */
  base: string;
  /** Text of the Dockerfile. */
  dockerfile: string;
  /** Files of the context by name, as paths on this computer. */
  files: Record<string, string>;
}

const buildWithinMs = 600_000;
const proxyVariables = ["http_proxy", "https_proxy", "no_proxy"];

/**
 * Labs of different versions, and of different bases, do not take each other's images away, because the tag holds a hash
 * of all inputs.
 * @returns name and tag. @example "tandem-lab/nats:2.12.15-3f2a9c01"
 */
export async function buildImage(spec: ImageSpec, say: (line: string) => void): Promise<string> {
  const hash = await hashOf(spec);
  const tag = `${spec.name}:${spec.version === undefined ? hash : `${spec.version}-${hash}`}`;
  if ((await imageId(tag)) !== undefined) return tag;
  say(`building ${tag}`);
  const context = mkdtempSync(join(tmpdir(), "tandem-lab-build-"));
  try {
    writeFileSync(join(context, "Dockerfile"), spec.dockerfile);
    for (const [name, path] of Object.entries(spec.files)) copyFileSync(path, join(context, name));
    // The host's network, so that apt reaches what apt of this computer reaches.
    const args = ["build", "--quiet", "--network", "host", "--tag", tag];
    const proxies = (await proxyArgs()).flatMap((pair) => ["--build-arg", pair]);
    await docker([...args, "--build-arg", `BASE=${spec.base}`, ...proxies, context], { deadlineMs: buildWithinMs });
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
  return tag;
}

/** The files of a folder, for `ImageSpec.files`. */
export function filesOf(folder: string): Record<string, string> {
  return Object.fromEntries(readdirSync(folder).map((name) => [name, join(folder, name)]));
}

async function hashOf({ base, dockerfile, files }: ImageSpec): Promise<string> {
  const hash = createHash("sha256").update(`${await imageId(base)}\0${dockerfile}\0`);
  for (const [name, path] of Object.entries(files)) hash.update(`${name}\0`).update(readFileSync(path));
  return hash.digest("hex").slice(0, 8);
}

/** This computer's proxies, by its environment or by apt's settings; Docker keeps these arguments out of the image. */
async function proxyArgs(): Promise<string[]> {
  const own = proxyVariables.map((name) => [name, process.env[name] ?? process.env[name.toUpperCase()]] as const);
  const set = own.filter(([, value]) => value !== undefined).map(([name, value]) => `${name}=${value}`);
  if (set.length > 0) return set;
  const asked = await execute("apt-config", ["shell", "proxy", "Acquire::http::Proxy"]).catch(() => undefined);
  const proxy = /^proxy='(.+)'$/m.exec(asked?.stdout ?? "")?.[1];
  return proxy === undefined ? [] : [`http_proxy=${proxy}`];
}
