/** Makes the keys and certificates of a site: public halves for the stack files, secret ones for their one reader each. */
import { nkeys } from "nats";
import type { SiteSecretName } from "../../components/site.ts";
import { type Answers, type MachineName, machineNames } from "./answers.ts";
import { type Issued, issueCertificate } from "./certificates.ts";

export interface AgentKey {
  name: string;
  /** Public NKey. */
  key: string;
}

/** The group `security` of a stack. */
export interface PublicHalves {
  hubKey: string;
  operatorKey: string;
  agentKeys?: AgentKey[];
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

/** @param agents that get a key, by machine; where they are wanted */
export function createIdentity(
  answers: Answers,
  authority: Issued,
  now: Date,
  agents: (machine: MachineName) => readonly string[],
): SiteIdentity {
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
      const made = createAgentKeys(machine, agents(machine));
      halves.agentKeys = made.keys;
      Object.assign(seeds, made.seeds);
    }
    return { halves, secrets: { hubSeed: hub.seed, leafKey: privateKey } };
  };
  const [mainpc, pc2] = machineNames;
  return { machines: { mainpc: identity(mainpc), pc2: identity(pc2) }, seeds };
}

/** A key each, and the seeds by the files in which they are kept. */
export function createAgentKeys(machine: string, agents: readonly string[]) {
  const seeds: Record<string, string> = {};
  const keys = agents.map((name): AgentKey => {
    const { publicKey, seed } = createKey();
    seeds[`agent-${machine}-${name}.seed`] = seed;
    return { name, key: publicKey };
  });
  return { keys, seeds };
}

export function createKey(): { publicKey: string; seed: string } {
  const pair = nkeys.createUser();
  return { publicKey: pair.getPublicKey(), seed: Buffer.from(pair.getSeed()).toString() };
}
