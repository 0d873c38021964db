/** Asks programs for their version and compares versions. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

export type Version = readonly [major: number, minor: number, patch: number];

/** A first start of a browser may take a while. */
const answerWithinMs = 20_000;
const execute = promisify(execFile);

/** What `path --version` says on either output. Throws when it does not run, fails or names no version. */
export async function askVersion(path: string): Promise<Version> {
  const output = await execute(path, ["--version"], { timeout: answerWithinMs }).catch((error: Error) => {
    throw new Error(`${path} --version failed: ${error.message.split("\n")[0]}`);
  });
  const version = parseVersion(output.stdout) ?? parseVersion(output.stderr);
  if (version === undefined) throw new Error(`${path} --version names no version`);
  return version;
}

/** The first dotted number; what follows its third part is left out. */
export function parseVersion(text: string): Version | undefined {
  const match = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
}

export function isAtLeast(version: Version, least: Version): boolean {
  for (const [at, part] of least.entries()) {
    const own = version[at] ?? 0;
    if (own !== part) return own > part;
  }
  return true;
}

export const formatVersion = (version: Version): string => version.join(".");
