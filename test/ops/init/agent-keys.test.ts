/** An NKey for each agent: made with a site, and made anew for one whose agents shared a key. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nkeys } from "nats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { requireFleet } from "../../../fleet/load.ts";
import { agentsOf } from "../../../ops/init/agents.ts";
import { Answers } from "../../../ops/init/answers.ts";
import { createAuthority } from "../../../ops/init/certificates.ts";
import { createIdentity } from "../../../ops/init/identity.ts";
import { renewals } from "../../../ops/init/renew.ts";

const now = new Date();
const authority = createAuthority({ name: "test CA", now });
const machine = (address: string) => ({ address, hostKey: "ssh-ed25519 AAAA" });
const answers = Answers.parse({ mainpc: machine("10.0.0.10"), pc2: machine("10.0.0.20"), agents: true });
const publicOf = (seed = "") => nkeys.fromSeed(Buffer.from(seed)).getPublicKey();

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-agent-keys-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("agents with keys", () => {
  it("are those that live on the machine, and those whose standby does, without the hubs", () => {
    const { agents } = requireFleet();
    for (const machine of ["mainpc", "pc2"]) {
      const found = agentsOf(undefined, "tandem", machine);
      const home = agents.filter((agent) => agent.machine === machine && !agent.isHub);
      const standbys = agents.filter((agent) => agent.machine !== machine && agent.standby !== undefined);
      expect(found).toEqual([...new Set([...home, ...standbys].map(({ name }) => name))].sort());
      expect(found.length).toBeGreaterThan(20);
    }
  });

  it("get one each, whose seeds lie in files of their own", () => {
    const identity = createIdentity(answers, authority, now, (of) => (of === "pc2" ? ["Tutor", "Twin"] : ["Tutor"]));
    const keys = Object.entries(identity.machines).flatMap(([of, { halves }]) =>
      (halves.agentKeys ?? []).map(({ name, key }) => [`agent-${of}-${name}.seed`, key]),
    );
    expect(keys.map(([file]) => file)).toEqual([
      "agent-mainpc-Tutor.seed",
      "agent-pc2-Tutor.seed",
      "agent-pc2-Twin.seed",
    ]);
    for (const [file = "", key] of keys) expect(publicOf(identity.seeds[file])).toBe(key);
  });

  it("take the place of the one that all of a machine shared, when keys of agents are renewed", () => {
    const { machines } = createIdentity(answers, authority, now, () => []);
    for (const stack of ["mainpc", "pc2"] as const) {
      const { agentKeys: _, ...halves } = machines[stack].halves;
      const shared = stack === "pc2" ? nkeys.createUser().getPublicKey() : "";
      const config = { "tandem:machine": answers[stack], "tandem:security": { ...halves, agentKey: shared } };
      writeFileSync(join(folder, `Pulumi.${stack}.yaml`), stringify({ config }));
    }
    const what = ["agent-keys"] as const;
    const { stacks, keptFiles } = renewals({
      folder,
      project: "tandem",
      what,
      kept: folder,
      caPassphrase: undefined,
      now,
    });
    const [mainpc, pc2] = stacks.map(({ after }) => after.security);
    // Its agents have never had any.
    expect(mainpc?.agentKeys).toBeUndefined();
    expect(pc2?.agentKey).toBeUndefined();
    expect(pc2?.agentKeys?.map(({ name }) => name)).toEqual(agentsOf(undefined, "tandem", "pc2"));
    for (const { name, key } of pc2?.agentKeys ?? []) expect(publicOf(keptFiles[`agent-pc2-${name}.seed`])).toBe(key);
  });
});
