/** Makes the keys and certificates of a site: public halves for the stack files, secret ones for their one reader each. */
import { nkeys } from "nats";
import type { SiteSecretName } from "../../components/site.ts";
import { type Answers, type MachineName, machineNames } from "./answers.ts";
import { type Issued, issueCertificate } from "./certificates.ts";

/** The group `security` of a stack. */
export interface PublicHalves {
  hubKey: string;
  operatorKey: string;
  agentKey?: string;
  ca: string;
  leafCertificate: string;
}

export interface MachineIdentity {
  halves: PublicHalves;
  secrets: Record<SiteSecretName, string>;
}

export interface SiteIdentity {
  machines: Record<MachineName, MachineIdentity>;
  /** Seeds of people and agents, by file name; no stack needs them. */
  seeds: Record<string, string>;
}

export function createIdentity(answers: Answers, authority: Issued, now: Date): SiteIdentity {
  const operator = createKey();
  const seeds: Record<string, string> = { "operator.seed": operator.seed };
  const identity = (machine: MachineName): MachineIdentity => {
    const hub = createKey();
    const { certificate, privateKey } = issueCertificate(authority, {
      machine,
      address: answers[machine].address,
      now,
      validDays: answers.certificateDays,
    });
    const halves: PublicHalves = {
      hubKey: hub.publicKey,
      operatorKey: operator.publicKey,
      ca: authority.certificate,
      leafCertificate: certificate,
    };
    if (answers.agents) {
      const agent = createKey();
      halves.agentKey = agent.publicKey;
      seeds[`agent-${machine}.seed`] = agent.seed;
    }
    return { halves, secrets: { hubSeed: hub.seed, leafKey: privateKey } };
  };
  const [mainpc, pc2] = machineNames;
  return { machines: { mainpc: identity(mainpc), pc2: identity(pc2) }, seeds };
}

export function createKey(): { publicKey: string; seed: string } {
  const pair = nkeys.createUser();
  return { publicKey: pair.getPublicKey(), seed: Buffer.from(pair.getSeed()).toString() };
}
