/** The shipped stacks with keys and certificates, as tandem init would add them. */
import { nkeys } from "nats";
import type { SiteSecretName } from "../../components/site.ts";
import { createAuthority, issueCertificate } from "../../ops/init/certificates.ts";
import { stackValues } from "./recorder.ts";

export interface SecuredStack {
  values: Record<string, unknown>;
  secrets: Record<SiteSecretName, string>;
}

const authority = createAuthority({ name: "test CA", now: new Date() });

export function securedStack(stack: string, { agents = false, validDays = 825 } = {}): SecuredStack {
  const values = stackValues(stack);
  const { name, address } = Object(values.machine);
  const issued = issueCertificate(authority, { machine: name, address, now: new Date(), validDays });
  const hub = nkeys.createUser();
  const security = {
    hubKey: hub.getPublicKey(),
    operatorKey: nkeys.createUser().getPublicKey(),
    agentKeys: agents ? [{ name: "Tutor", key: nkeys.createUser().getPublicKey() }] : [],
    ca: authority.certificate,
    leafCertificate: issued.certificate,
  };
  const hubSeed = Buffer.from(hub.getSeed()).toString();
  return { values: { ...values, security }, secrets: { hubSeed, leafKey: issued.privateKey } };
}
