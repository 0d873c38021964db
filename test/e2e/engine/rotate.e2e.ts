/** `tandem secrets rotate` of a real pair under load: every kind of secret, a kill in the middle, and the passphrase last. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { z } from "zod";
import { readStackFile } from "../../../ops/init/stack-file.ts";
import { ledgerOf, pushTo } from "../../support/local-pair.ts";
import { steadyPushes } from "../../support/steady-load.ts";
import { until } from "../../support/until.ts";
import { DeploySite, say, seconds, testMs } from "./deploy-site.ts";
import { stacks } from "./deployed-pair.ts";

vi.setConfig({ testTimeout: testMs });
let site: DeploySite;

beforeAll(async () => {
  site = await DeploySite.prepare("rotate");
});
afterAll(() => site?.remove());

const security = () =>
  stacks.map((stack) => {
    const group: unknown = readStackFile(site.pair.engine.site, stack)?.config["tandem:security"];
    return Object(group) as Record<string, string>; // each key that is looked at is text
  });

/** Agents of a stack that have a key. */
const agentsOf = (stack: string) =>
  z
    .object({ agentKeys: z.array(z.object({ name: z.string() })).min(1) })
    .parse(readStackFile(site.pair.engine.site, stack)?.config["tandem:security"])
    .agentKeys.map(({ name }) => name);

/** The link is dialled anew, and so shows and trusts what the files hold now. */
async function redialled(): Promise<void> {
  for (const stack of stacks) {
    await site.pair.lab[stack].exec(`docker restart tandem-${stack}-nats`);
    await site.pair.whole();
  }
  for (const stack of stacks)
    await until(
      `a push to ${stack} that both hold`,
      async () => (await pushTo(site.pair.at(stack), `redialled_${stack}`, 1)) === "200 peer",
    );
}

it("a first deploy puts up the pair", async () => {
  await site.deploy();
  await site.settled();
});

it("every key and the CA are exchanged under load in three deployments, no push fails, and no old copy is left", async () => {
  const before = security();
  const agentSeeds = stacks.flatMap((stack) => agentsOf(stack).map((name) => `agent-${stack}-${name}.seed`));
  const containers = await Promise.all(stacks.map((stack) => site.pair.containers(stack)));
  const clients = stacks.map((stack) =>
    steadyPushes(site.pair.at(stack).hub, `rotated_${stack}_${Date.now()}`, { everyMs: 50, keepAlive: true }),
  );
  const all = ["hub-keys", "ca", "operator-key", "agent-keys"];
  const { stdout, tookMs } = await site.tandem(0, "secrets", "rotate", ...all, ...site.ca, "--yes", "--json");
  await Promise.all(clients.map((client) => client.stop()));
  const sent = clients.reduce((sum, client) => sum + client.sent, 0);
  say(`rotation of ${all.join(", ")}: ${seconds(tookMs)}, ${sent} pushes`);
  expect(clients.flatMap(({ failures }) => failures)).toEqual([]);
  expect(JSON.parse(stdout)).toMatchObject({ outcome: "done", deployed: 3, of: 3, found: { findings: [] } });
  const seeds = ["operator.seed", ...agentSeeds];
  const secrets = stacks.flatMap((stack) => [`${stack} hubSeed`, `${stack} leafKey`]);
  expect(JSON.parse(stdout).exchanged.toSorted()).toEqual([...secrets, ...seeds].toSorted());
  for (const [index, now] of security().entries())
    for (const key of ["hubKey", "operatorKey", "ca", "leafCertificate"])
      expect(now[key], key).not.toBe(before[index]?.[key]);
  expect(await Promise.all(stacks.map((stack) => site.pair.containers(stack)))).toEqual(containers);
  await site.settled();
  await redialled();
  for (const stack of stacks) expect(await ledgerOf(site.pair.at(stack))).toMatchObject({ missing: 0, duplicates: 0 });
});

it("killed in its second deployment it goes on when it is called again, and says that it is under way until then", async () => {
  const running = site.start("secrets", "rotate", "ca", ...site.ca, "--yes");
  await running.says(/deployment 2 of 3 of this rotation/);
  await running.says(/ {2}mainpc|pc2: up/);
  await running.kill(site.enginePids());
  const other = await site.tandem(1, "secrets", "rotate", "operator-key", "--yes");
  expect(other.text).toMatch(/a rotation of ca of .* is under way, with 1 of 3 deployments done/);
  const { text } = await site.tandem(0, "secrets", "rotate", "--yes");
  // The one that both machines had is looked at once more.
  expect(text).toMatch(/deployment 1 of 3 of this rotation[\s\S]*deployment 2 of 3 of this rotation/);
  await site.settled();
  await redialled();
});

it("given up in its deployment it takes back the stacks' files and the machines", async () => {
  const files = () => stacks.map((stack) => readFileSync(site.pair.engine.stackFile(stack), "utf8"));
  const before = files();
  const running = site.start("secrets", "rotate", "hub-keys", "--yes");
  await running.says(/deployment 1 of 1 of this rotation[\s\S]*pc2: up/);
  await running.kill(site.enginePids());
  expect(files()).not.toEqual(before);
  const { text } = await site.tandem(0, "secrets", "rotate", "--abandon", "--yes");
  expect(text).toMatch(/the stacks' files and the machines have the old secrets again/);
  expect(files()).toEqual(before);
  await site.settled();
});

it("with the passphrase exchanged, though cut off between the stacks, a deployment that fails still goes back by what the machines keep", async () => {
  const path = site.pair.engine.file("new.pass", "another horse entirely\n");
  const cut = site.start("secrets", "rotate", "passphrase", "--new-passphrase-file", path, "--yes");
  await cut.says(/encrypting the secrets of pc2 by the new passphrase/);
  await cut.kill(site.enginePids());
  await site.tandem(0, "secrets", "rotate", "passphrase", "--new-passphrase-file", path, "--yes");
  const refused = await site.pair.engine.run("pc2", "config", "--show-secrets");
  expect(refused.text).toMatch(/incorrect passphrase/);
  site.pair.engine.env.PULUMI_CONFIG_PASSPHRASE_FILE = path;
  await site.settled();
  site.fleet.change({ plain: "broken" });
  expect((await site.tandem(1, "deploy", "--yes")).text).toMatch(/was rolled back: verify of mainpc failed:/);
  site.fleet.change({ plain: "one" });
  await site.settled();
});
