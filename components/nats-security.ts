/** The files by which a machine's nats-server knows who is who; a change of any is taken by a signal, not by a new container. */
import * as pulumi from "@pulumi/pulumi";
import { ConfigFile } from "./config-file.ts";
import { readOnlyDirectory } from "./container.ts";
import { renderNatsAuth } from "./nats-auth.ts";
import type { LeafTls } from "./nats-conf.ts";
import { type Reach, signalContainer } from "./reach.ts";
import { SecretFile } from "./secret-file.ts";

export interface NatsSecurity {
  /** The other machine's name, which stands in its certificate too. */
  peer: string;
  /** Public NKey of this machine's hub. */
  hubKey: string;
  /** Public NKey of operators. */
  operatorKey: string;
  /** Public NKeys of this machine's agents, by agent. @default none: agents do not use NATS */
  agentKeys?: Readonly<Record<string, string>>;
  /** Public NKey that all of them share, until each has its own. @default none */
  sharedAgentKey?: string;
  /** PEM of the CA of both ends of the link. */
  ca: string;
  /** PEM of this machine's certificate for the link; its common name is the machine's name. */
  leafCertificate: string;
  /** PEM of that certificate's private key. */
  leafKey: pulumi.Input<string>;
  /** Directory of the private key on the machine, the server's alone. @default "/etc/tandem/secrets/nats" */
  secretDirectory?: string;
}

interface FilesArgs {
  security: NatsSecurity;
  machine: string;
  reach: Reach;
  /** Whether this machine listens for the link. */
  listens: boolean;
  /** Directory of nats.conf on the machine. */
  configDirectory: string;
  container: string;
  uid: number;
}

/**
 * Beside nats.conf. Not the auth.conf of the version before: a server that runs by that one is told of each change of it, and would
 * put its streams into another account while it runs.
 */
export const accountsFile = "accounts.conf";
const secretTarget = "/etc/tandem/nats-secrets";

/** Where the server finds the files of the link; the renderer's business, and the same for each machine. */
export function leafTlsIn(confTarget: string): LeafTls {
  return {
    certFile: `${confTarget}/leaf.pem`,
    keyFile: `${secretTarget}/leaf.key`,
    caFile: `${confTarget}/ca.pem`,
  };
}

/** @returns what the container must wait for, and the mount that it needs beside that of its configuration */
export function natsSecurityFiles(name: string, args: FilesArgs, opts: pulumi.ComponentResourceOptions) {
  const { security, machine, reach, listens, configDirectory, container, uid } = args;
  const { peer, hubKey, operatorKey, agentKeys, sharedAgentKey, ca, leafCertificate, leafKey } = security;
  const secretDirectory = security.secretDirectory ?? "/etc/tandem/secrets/nats";
  const reload = signalContainer(reach, container, "HUP");
  const publicFile = (file: string, content: string) =>
    new ConfigFile(
      `${name}-${file.replace(".", "-")}`,
      { reach, path: `${configDirectory}/${file}`, content, reload },
      opts,
    );
  const files = [
    publicFile(
      accountsFile,
      renderNatsAuth({
        machine,
        peer,
        listens,
        hub: hubKey,
        operator: operatorKey,
        agents: agentKeys,
        sharedAgent: sharedAgentKey,
      }),
    ),
    publicFile("ca.pem", ca),
    publicFile("leaf.pem", leafCertificate),
  ];
  const key = new SecretFile(
    `${name}-leaf-key`,
    { reach, path: `${secretDirectory}/leaf.key`, content: leafKey, uid, reload },
    opts,
  );
  return {
    written: pulumi.all([...files, key].map(({ path }) => path)),
    directories: { [secretDirectory]: secretTarget },
    mount: readOnlyDirectory(
      key.path.apply(() => secretDirectory),
      secretTarget,
    ),
  };
}
