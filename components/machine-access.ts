/** The files by which a machine's hub knows who pushes and who gives orders: hashes of the stack's tokens, in a directory of the hub's alone. */
import * as pulumi from "@pulumi/pulumi";
import { OperatorError } from "../ops/error.ts";
import { accessConf, accessFiles, accessTokenNames } from "./access-conf.ts";
import type { Reach } from "./reach.ts";
import { SecretFile } from "./secret-file.ts";
import { accessTokensKey, type Site } from "./site.ts";

export interface MachineAccessArgs {
  site: Pick<Site, "machine" | "paths" | "access">;
  reach: Reach;
  /** Numeric user of the hub. */
  uid: number;
  /** By name. */
  tokens: Record<string, pulumi.Input<string>>;
}

/** The directory, known once all is written; undefined when nobody is asked. A renewed token counts within a second. */
export function machineAccess(
  name: string,
  { site, reach, uid, tokens }: MachineAccessArgs,
  opts: pulumi.ComponentResourceOptions,
): pulumi.Output<string> | undefined {
  if (accessConf(site) === undefined) return undefined;
  const names = accessTokenNames(site);
  const missing = names.find((each) => tokens[each] === undefined);
  if (missing !== undefined) {
    throw new OperatorError(
      "access.token",
      `access of ${site.machine.name} names the token ${missing}, but the stack has none of this name`,
      `Set it through standard input, and give it to its holder: openssl rand -base64 33 | pulumi config set -s ${pulumi.getStack()} --secret --path ${accessTokensKey}.${missing}`,
    );
  }
  const files = pulumi.secret(pulumi.all(tokens)).apply((known) => accessFiles(site, known));
  const directory = `${site.paths.config}/secrets/access`;
  const written = Object.keys(accessFiles(site, {})).map((file) => {
    const content = files.apply((texts) => texts[file] ?? "");
    const resource = `${name}-access-${file.replace(/\.json$/, "")}`;
    return new SecretFile(resource, { reach, path: `${directory}/${file}`, content, uid }, opts);
  });
  return pulumi.all(written.map(({ path }) => path)).apply(() => directory);
}
