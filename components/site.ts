/** What a site is made of, as the stack of one machine of its pair says it. One schema is check, type and default. */
import { z } from "zod";
import type { SatelliteSite } from "./satellite-site.ts";
import { accessGroup } from "./site/access-group.ts";
import { refuser } from "./site/common-checks.ts";
import { commonGroups } from "./site/common-groups.ts";
import { notificationGroup } from "./site/notification-group.ts";
import { checkPair } from "./site/pair-checks.ts";
import { pairGroups, SiteMachine } from "./site/pair-groups.ts";
import { remoteWriteGroup } from "./site/remote-write-group.ts";
import { host, machineName } from "./site/values.ts";

export { SiteMachine };

/** Secret keys of a stack: seed of security.hubKey, and private key of security.leafCertificate. */
export const siteSecretNames = ["hubSeed", "leafKey"] as const;
export type SiteSecretName = (typeof siteSecretNames)[number];
/** Secret key of a stack: the password of Grafana's admin. */
export const grafanaPasswordKey = "grafanaPassword";
/** Secret key of a stack: values of the secrets that agents name, by name. */
export const agentSecretsKey = "agentSecrets";
/** Secret key of a stack: values of the secrets that its notifications name, by name. */
export const notificationSecretsKey = "notificationSecrets";
/** Secret key of a stack: values of the secrets that its remote write names, by name. */
export const remoteWriteSecretsKey = "remoteWriteSecrets";
/** Secret key of a stack: tokens by which agents push and operators give orders, by name. */
export const accessTokensKey = "accessTokens";
/** Secret key of a stack: private key of hub.tls.certificate. */
export const hubTlsKeyKey = "hubTlsKey";

/** Secret key of a stack: the token by which the care for its machine's logs is known to the hub. */
export const logsTokenKey = "logsToken";

/** Secret keys of a stack with one secret each, and those with several by name; nothing of them is a `Site`'s. */
export const singleSecretKeys = [...siteSecretNames, grafanaPasswordKey, hubTlsKeyKey, logsTokenKey] as const;
export const namedSecretsKeys = [
  agentSecretsKey,
  notificationSecretsKey,
  remoteWriteSecretsKey,
  accessTokensKey,
] as const;

const Satellite = z.strictObject({
  /** Also the name of its file in fleet/. */
  name: machineName,
  /** Where both hubs reach its agents. */
  address: host,
});

export const Site = z
  .strictObject({
    /** A satellite's stack is described by satellite-site.ts. */
    role: z.literal("pair", "pair or satellite").default("pair").meta({ example: "pair" }),
    machine: SiteMachine,
    peer: SiteMachine,
    /** Machines without a hub, whose agents the hubs of the pair ask. */
    satellites: z.array(Satellite).default([]),
    /** Known by satellites alone. */
    hubs: z.array(z.unknown()).default([]),
    ...pairGroups,
    ...notificationGroup,
    ...remoteWriteGroup,
    ...accessGroup,
    ...commonGroups,
  })
  .superRefine((site, context) => checkPair(site, refuser(context)));
export type Site = z.infer<typeof Site>;

/** What any stack of a site may be. */
export type StackSite = Site | SatelliteSite;
