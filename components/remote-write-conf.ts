/** Turns what a stack says of remote write into the hub's own words. */
import { RemoteWriteConfig, type RemoteWriteInput } from "../hub/remote-write/config.ts";
import type { Refuse } from "./site/common-checks.ts";
import type { Site } from "./site.ts";

type Said = Pick<Site, "remoteWrite">;

/** Directory of the secrets in the hub's container, one a file. */
export const remoteWriteSecretTarget = "/etc/tandem/remote-write-secrets";

/** Undefined for a site that writes nothing elsewhere. */
export function remoteWriteConf({ remoteWrite }: Said): RemoteWriteInput | undefined {
  const { everySeconds, queueMb, externalLabels, targets } = remoteWrite;
  if (targets.length === 0) return undefined;
  return {
    everyMs: everySeconds * 1_000,
    maxBytes: queueMb * 1024 ** 2,
    externalLabels: Object.fromEntries(externalLabels.map(({ name, value }) => [name, value])),
    targets: targets.map(({ bearerSecret, passwordSecret, caSecret, ...target }) => ({
      ...target,
      ...fileOf("bearerFile", bearerSecret),
      ...fileOf("passwordFile", passwordSecret),
      ...fileOf("caFile", caSecret),
    })),
  };
}

/** Names of the secrets that it reads. */
export function remoteWriteSecretNames({ remoteWrite }: Said): string[] {
  const names = remoteWrite.targets.flatMap(({ bearerSecret, passwordSecret, caSecret }) => [
    bearerSecret,
    passwordSecret,
    caSecret,
  ]);
  return [...new Set(names.filter((name) => name !== undefined))].toSorted();
}

/** What holds for a target, as the hub has it. */
export function checkRemoteWrite(site: Said, refuse: Refuse): void {
  const conf = remoteWriteConf(site);
  if (conf === undefined) return;
  for (const { path, message } of RemoteWriteConfig.safeParse(conf).error?.issues ?? []) {
    const key = ["remoteWrite", ...path.map(String)].join(".").replace(/File$/, "Secret");
    refuse(key, message.replaceAll("File", "Secret"));
  }
}

const fileOf = (key: string, name: string | undefined) =>
  name === undefined ? {} : { [key]: `${remoteWriteSecretTarget}/${name}` };
