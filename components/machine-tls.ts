/** The files by which a machine's hub speaks TLS and knows when certificates end; it reads each again when it changes. */
import * as pulumi from "@pulumi/pulumi";
import { OperatorError } from "../ops/error.ts";
import { ConfigFile } from "./config-file.ts";
import type { Reach } from "./reach.ts";
import { SecretFile } from "./secret-file.ts";
import { hubTlsKeyKey, type Site } from "./site.ts";
import { hasOwnCertificate, hubKeyFile, tlsFiles } from "./tls-conf.ts";

export interface MachineTlsArgs {
  site: Pick<Site, "machine" | "peer" | "hub" | "security" | "paths">;
  reach: Reach;
  /** Numeric user of the hub. */
  uid: number;
  /** Of the certificate for the link. */
  leafKey: pulumi.Input<string> | undefined;
  /** Of a certificate of the hub's own. */
  hubTlsKey: pulumi.Input<string> | undefined;
}

/** Directories on the machine, known once all is written; each undefined when it holds nothing. */
export interface MachineTls {
  directory: pulumi.Output<string> | undefined;
  secrets: pulumi.Output<string> | undefined;
}

export function machineTls(
  name: string,
  { site, reach, uid, leafKey, hubTlsKey }: MachineTlsArgs,
  opts: pulumi.ComponentResourceOptions,
): MachineTls {
  const directory = `${site.paths.config}/tls`;
  const files = Object.entries(tlsFiles(site)).map(([file, content]) => {
    const resource = `${name}-tls-${file.replace(/\.pem$/, "")}`;
    return new ConfigFile(resource, { reach, path: `${directory}/${file}`, content }, opts);
  });
  const written = files.length === 0 ? undefined : pulumi.all(files.map(({ path }) => path)).apply(() => directory);
  if (!site.machine.hubTls) return { directory: written, secrets: undefined };
  const content = hasOwnCertificate(site) ? hubTlsKey : leafKey;
  if (content === undefined) {
    throw new OperatorError(
      "tls.key",
      `hub.tls.certificate of ${site.machine.name} is set, but the stack has no key of it`,
      `Set it through standard input: pulumi config set -s ${pulumi.getStack()} --secret ${hubTlsKeyKey} < FILE`,
    );
  }
  const path = `${site.paths.config}/secrets/tls/${hubKeyFile}`;
  const key = new SecretFile(`${name}-tls-key`, { reach, path, content, uid }, opts);
  return { directory: written, secrets: key.path.apply(() => `${site.paths.config}/secrets/tls`) };
}
