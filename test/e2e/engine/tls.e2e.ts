/** A deployed pair goes over to TLS under load, has its certificates renewed, and goes back; each test goes on where the one before it ended. */
import { once } from "node:events";
import { connect } from "node:tls";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { hubUid } from "../../../components/hub.ts";
import { readStackFile } from "../../../ops/init/stack-file.ts";
import { trust } from "../../../ops/site/trust.ts";
import { fleetOf, ledgerOf, pushTo } from "../../support/local-pair.ts";
import { type SteadyLoad, steadyPushes } from "../../support/steady-load.ts";
import { until } from "../../support/until.ts";
import { DeploySite, runningHub, say, seconds, testMs } from "./deploy-site.ts";
import { type Stack, stacks } from "./deployed-pair.ts";
import { PrometheusApi } from "./prometheus-api.ts";

vi.setConfig({ testTimeout: testMs });
const scrapeMs = 60_000;
const both = (value: string) => ({ mainpc: value, pc2: value });

let site: DeploySite;
let prometheus: PrometheusApi;
let ca: string;

beforeAll(async () => {
  site = await DeploySite.prepare("tls", { extras: ["prometheus"] });
  prometheus = new PrometheusApi(`http://${site.pair.lab.mainpc.address}:9090`);
  await site.pair.engine.set("mainpc", "prometheus.enabled", "true");
  const security = readStackFile(site.pair.engine.site, "mainpc")?.config["tandem:security"] as { ca: string }; // tandem init wrote it
  ca = security.ca;
  trust(ca);
});
afterAll(() => site?.remove());

const containers = () => Promise.all(stacks.map((stack) => site.pair.containers(stack)));

/** Both hubs, by each of two clients: one keeps its connection, one opens one a push. */
function load(name: string, more: { ca?: string } = {}): SteadyLoad[] {
  return stacks.flatMap((stack) =>
    [true, false].map((keepAlive) =>
      steadyPushes(site.pair.at(stack).hub, `${name}_${stack}_${keepAlive}`, { everyMs: 100, keepAlive, ...more }),
    ),
  );
}

async function unharmed(clients: readonly SteadyLoad[]): Promise<void> {
  await Promise.all(clients.map((client) => client.stop()));
  const longestMs = Math.max(...clients.map((client) => client.longestMs));
  say(`${clients.reduce((sum, { sent }) => sum + sent, 0)} pushes, the longest ${seconds(longestMs)}`);
  expect(clients.flatMap(({ failures }) => failures)).toEqual([]);
  for (const stack of stacks) expect(await ledgerOf(site.pair.at(stack))).toMatchObject({ missing: 0, duplicates: 0 });
}

async function hubsHearEachOther(): Promise<void> {
  for (const stack of stacks)
    await until(`${stack} hears its peer by HTTP`, async () => {
      const { machines } = await fleetOf(site.pair.at(stack));
      return typeof Object.values(machines).find(({ self }) => !self)?.paths?.http === "number";
    });
}

async function shownBy(stack: Stack): Promise<string> {
  const { hostname: host, port } = new URL(site.pair.at(stack).hub);
  const socket = connect({ host, port: Number(port), ca });
  await once(socket, "secureConnect");
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

it("a first deploy puts up the pair, whose hubs speak plainly", async () => {
  await site.deploy();
  await site.settled();
});

it("goes over to TLS in one deployment while pushes go on without it, and none fails", async () => {
  await site.set("machine.hubTls", "true");
  await site.set("peer.hubTls", "true");
  await site.set("hub.tls.plain", "all");
  const clients = load("plainly");
  await site.deploy();
  await unharmed(clients);
  expect(await pushTo(site.pair.at("pc2"), "still_plain", 1)).toMatch(/^200/);
  site.pair.speaksTls = true;
  await site.settled();
  await hubsHearEachOther();
  const byTls = load("by_tls", { ca });
  await until("20 answers of each", () => byTls.every(({ answered }) => answered >= 20));
  await unharmed(byTls);
  for (const stack of stacks) {
    expect(await pushTo(site.pair.at(stack), `by_tls_${stack}`, 1)).toBe("200 peer");
    expect((await site.pair.engine.outputs(stack)).hub).toBe(site.pair.at(stack).hub);
  }
});

it("the key is the hub's alone, and on no command line, in no environment, image, log, plan or state", async () => {
  for (const stack of stacks)
    expect(await site.pair.lab[stack].exec("find /etc/tandem -name hub.key -printf '%m %U'")).toBe(`400 ${hubUid}`);
  expect((await site.tandem(0, "secrets", "audit")).text).toMatch(/secrets searched for, none found/);
});

it("Prometheus takes the metrics of both by the CA, and the commands ask both by it", async () => {
  await until(
    "both targets up",
    async () => Object.values(await prometheus.targets()).every((health) => health === "up"),
    scrapeMs,
  );
  expect(await prometheus.targets()).toEqual(both("up"));
  for (const command of ["doctor", "status", "ledger"]) await site.tandem(0, command);
});

it("without TLS is taken what comes from the machine itself, and no more, once the stacks say so", async () => {
  await site.set("hub.tls.plain", "here");
  await site.deploy();
  for (const stack of stacks) {
    const url = site.pair.at(stack).hub.replace("https:", "http:");
    expect(await pushTo({ hub: url }, "from_elsewhere", 1)).toMatch(/^426/);
    const asks = `fetch("${url}/readyz").then(({ status }) => console.log(status))`;
    expect(await site.pair.lab[stack].exec(`docker exec ${runningHub} node -e '${asks}'`)).toBe("200");
  }
  await site.settled();
});

it("certificates are renewed under load, no push fails, and no container is replaced", async () => {
  const before = { containers: await containers(), shown: await Promise.all(stacks.map(shownBy)) };
  const clients = load("renewed", { ca });
  await site.tandem(0, "secrets", "rotate", "certificates", ...site.ca, "--yes");
  await unharmed(clients);
  expect(await containers()).toEqual(before.containers);
  for (const [index, stack] of stacks.entries())
    await until(`the new certificate of ${stack}`, async () => (await shownBy(stack)) !== before.shown[index]);
  await site.settled();
  await hubsHearEachOther();
});

it("goes back to speaking plainly in one deployment, and nothing is left after a destroy", async () => {
  await site.set("hub.tls.plain", "all");
  await site.deploy();
  site.pair.speaksTls = false;
  const clients = load("back");
  await site.set("machine.hubTls", "false");
  await site.set("peer.hubTls", "false");
  await site.deploy();
  await unharmed(clients);
  await site.settled();
  await hubsHearEachOther();
  for (const stack of stacks) {
    await site.pair.engine.must(stack, "state unprotect --all --yes");
    await site.pair.engine.must(stack, "destroy", "--yes", "--skip-preview");
    expect(await site.pair.lab[stack].exec("docker ps -aq")).toBe("");
  }
});
