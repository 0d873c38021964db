/** Two machines that are brought up to date one after the other: each step of it, with servers and hubs of either version. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DocumentSide } from "../support/document-side.ts";
import { formerAuth, formerConf } from "../support/former-nats.ts";
import { type SecuredNatsPair, startSecuredNatsPair } from "../support/secured-nats-pair.ts";
import { until } from "../support/until.ts";

type Machine = "mainpc" | "pc2";
type Version = "former" | "present";

let pair: SecuredNatsPair;
let present: Record<Machine, [conf: string, auth: string]>;
const written: Record<Machine, number> = { mainpc: 0, pc2: 0 };

beforeAll(async () => {
  pair = await startSecuredNatsPair();
  present = { mainpc: pair.mainpc.files(), pc2: pair.pc2.files() };
}, 60_000);
afterAll(() => pair.stop());

async function runs(machine: Machine, version: Version): Promise<void> {
  const server = pair[machine];
  const [conf, auth] = present[machine];
  const { hub, operator } = server.keys;
  const peer = machine === "mainpc" ? "pc2" : "mainpc";
  const keys = { hub: hub.publicKey, operator: operator.publicKey };
  const former = formerAuth({ machine, peer, listens: machine === "mainpc", ...keys });
  if (version === "present") await server.becomes({ conf, accounts: auth, auth: former });
  else await server.becomes({ conf: formerConf(conf), accounts: auth, auth: former });
}

/** A hub of that version; the one before names no inboxes. */
async function hub(machine: Machine, version: Version): Promise<DocumentSide> {
  const seedFile = join(pair[machine].folder, "hub.nk");
  writeFileSync(seedFile, pair[machine].keys.hub.seed);
  return await DocumentSide.start(machine, pair, seedFile, version === "present");
}

describe("a pair of which mainpc is brought up to date first", () => {
  // Server and hub of mainpc, server and hub of pc2, and whose hub reads nothing of the other's until it is a present one: for that
  // time answers to inboxes without a name would have to come in by the link.
  it.each([
    ["before anything", "former", "former", "former", "former", ""],
    ["mainpc's NATS new, its hub not yet", "present", "former", "former", "former", "mainpc"],
    ["mainpc new, pc2 not yet", "present", "present", "former", "former", ""],
    ["pc2's NATS new as well, its hub not yet", "present", "present", "present", "former", "pc2"],
    ["both new", "present", "present", "present", "present", ""],
    ["mainpc taken back", "former", "former", "present", "present", ""],
    ["both taken back", "former", "former", "former", "former", ""],
  ] as const)("%s: what either writes is copied, and nothing is lost", async (_, natsA, hubA, natsB, hubB, waits) => {
    await runs("mainpc", natsA);
    await runs("pc2", natsB);
    const [mainpc, pc2] = await Promise.all([hub("mainpc", hubA), hub("pc2", hubB)]);
    const sides = { mainpc, pc2 };
    for (const machine of ["mainpc", "pc2"] as const) {
      const key = `${machine}/${++written[machine]}`;
      await until(`${machine} to store`, async () => (await sides[machine].write(key, 1)).kind === "stored");
    }
    const all = Object.entries(written).flatMap(([machine, count]) =>
      Array.from({ length: count }, (_, index) => `${machine}/${index + 1}`),
    );
    for (const machine of ["mainpc", "pc2"] as const) {
      const { values, said } = sides[machine];
      const held = () => Object.keys(sides[machine].values).toSorted();
      if (machine === waits) expect(Object.keys(values)).toContain(`${machine}/${written[machine]}`);
      else {
        await until(`all of both at ${machine}`, () => held().length === all.length);
        expect(held()).toEqual(all.toSorted());
      }
      expect(said.filter((line) => line.includes("documents.lost"))).toEqual([]);
    }
    await Promise.all([mainpc.stop(), pc2.stop()]);
  });
});
