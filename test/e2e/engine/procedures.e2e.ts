/** The procedures of docs/runbooks, carried out by their own commands on two machines, one after the other. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { ensureTool } from "../../../ops/tools/ensure-tool.ts";
import { alertsAt } from "../../support/follow-runbook.ts";
import { fleetOf, ledgerOf, pushTo } from "../../support/local-pair.ts";
import { until } from "../../support/until.ts";
import { DeploySite, say, testMs } from "./deploy-site.ts";
import { type Stack, stacks } from "./deployed-pair.ts";
import { SiteOperator } from "./site-operator.ts";

vi.setConfig({ testTimeout: testMs });
let site: DeploySite;
let operator: SiteOperator;
let witness: ChildProcess | undefined;
const healMs = 120_000;

beforeAll(async () => {
  site = await DeploySite.prepare("procedures");
  operator = new SiteOperator(site.pair, say);
  await site.set("witness.host", `${network()}.250`);
  await site.deploy();
  await site.settled();
  for (const stack of stacks) expect(await pushTo(site.pair.at(stack), `before_${stack}`, 7)).toMatch(/^200/);
}, testMs);
afterAll(async () => {
  witness?.kill("SIGTERM");
  await site?.remove();
});

const network = () => site.pair.lab.mainpc.address.replace(/\.\d+$/, "");

/** Stands for the operator who watches until nothing is pending or missing. */
const watched = { "tandem ledger --watch": () => site.pair.whole(), "tandem ledger": () => site.pair.whole() };

/** Both machines hold what was pushed before anything was done to them. */
async function nothingIsLost(): Promise<void> {
  await site.pair.whole();
  for (const stack of stacks) {
    const metrics = await (await fetch(`${site.pair.at(stack).hub}/metrics`)).text();
    for (const name of stacks) expect(metrics).toMatch(new RegExp(`^e2e_value\\{.*job="before_${name}".*\\} 7$`, "m"));
    expect(await ledgerOf(site.pair.at(stack))).toMatchObject({ missing: 0, copies: 2 });
  }
}

/** As `mkfs` leaves it. */
async function newDisk(stack: Stack): Promise<string> {
  const image = "/var/lib/tandem-disk/new.ext4";
  return await site.pair.lab[stack].exec(
    `truncate -s 2G ${image} && mkfs.ext4 -q -m 0 ${image} && losetup --find --show ${image}`,
  );
}

it("lose-the-witness: another one takes its place, and the alert ends", async () => {
  const alerts = async () => (await Promise.all(stacks.map((stack) => alertsAt(site.pair.at(stack).hub)))).flat();
  const isSilent = async () => (await alerts()).some(({ name }) => name === "witness-silent");
  await until("the alert of a witness that is lost", isSilent, healMs);
  const store = join(dirname(site.pair.engine.site), "witness");
  mkdirSync(store);
  const path = await ensureTool("nats-server", say);
  const started = async () => {
    // The folder is this computer's, which stands for the third one.
    await operator.run(`sed -i 's#"/var/lib/tandem-witness"#"${store}"#' nats.conf`);
    witness = spawn(path, ["-c", join(site.pair.engine.site, "nats.conf")], { stdio: "ignore" });
  };
  await operator.follow("lose-the-witness", "mainpc", {
    words: { NEW: `${network()}.1` },
    instead: { scp: undefined, "ssh ": started },
  });
  await until("the end of the alert", async () => !(await isSilent()), healMs);
  await nothingIsLost();
});

it("restore-from-peer: a store that is gone comes back from the other machine", async () => {
  await operator.follow("restore-from-peer", "pc2", { instead: watched });
  await nothingIsLost();
});

it("replace-disk: the data move to another disk while the other machine goes on", async () => {
  const device = await newDisk("mainpc");
  await operator.follow("replace-disk", "mainpc", { words: { NEW: device }, instead: watched });
  expect(await site.pair.lab.mainpc.exec("findmnt --noheadings --output SOURCE /var/lib/tandem")).toBe(device);
  await nothingIsLost();
  await until("Roamer is at home", () => site.isHome(), healMs);
});

it("rebuild-machine: a machine that is made from nothing takes back what the other one holds", async () => {
  await site.pair.remake("pc2");
  await until(
    "pc2 is taken for dead",
    async () => (await fleetOf(site.pair.at("mainpc"))).machines.pc2?.verdict === "dead",
    healMs,
  );
  const untilWhole = { "tandem ledger --watch": () => site.pair.whole() };
  await operator.follow("rebuild-machine", "pc2", { instead: untilWhole });
  await nothingIsLost();
});

it("move-addresses: the pair goes on under new addresses", async () => {
  const { lab } = site.pair;
  const [old, moved] = [10, 11].map((host) => ({ mainpc: `${network()}.${host}`, pc2: `${network()}.${host + 10}` }));
  if (old === undefined || moved === undefined) throw new Error("unreachable");
  for (const stack of stacks) await lab[stack].exec(`ip address add ${moved[stack]}/24 dev eth0`);
  await operator.follow("move-addresses", "mainpc", {
    words: { NEW_MAINPC: moved.mainpc, NEW_PC2: moved.pc2, OLD_MAINPC: old.mainpc, OLD_PC2: old.pc2 },
    instead: {
      // No agent of this fleet has a hub file.
      "tandem ssh mainpc --root -- 'sed": undefined,
      "tandem ssh pc2 --root -- 'sed": undefined,
      "tandem maintenance off mainpc": async () => {
        site.pair.move(moved);
        for (const stack of stacks) await operator.run(`tandem maintenance off ${stack}`);
      },
      "tandem maintenance off pc2": undefined,
      "tandem ledger": () => site.pair.whole(),
    },
  });
  for (const stack of stacks) await lab[stack].exec(withoutAddress(old[stack], `${network()}.1`));
  await nothingIsLost();
  await until("the doctor finds nothing", async () => (await site.pair.engine.tandem("doctor")).code === 0, healMs);
});

/** The others of its network stay, and the way out. */
const withoutAddress = (address: string, gateway: string) => `sysctl -qw net.ipv4.conf.eth0.promote_secondaries=1
ip address del ${address}/24 dev eth0
ip route replace default via ${gateway}`;
