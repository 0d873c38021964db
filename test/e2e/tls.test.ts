import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request as requestPlain } from "node:http";
import { type RequestOptions, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HubConfigInput } from "../../hub/config.ts";
import { FleetView, LedgerView } from "../../hub/http/api.ts";
import { filesOf } from "../../ops/local/site.ts";
import { findInPath } from "../../ops/tools/find.ts";
import { BarePair, type MachineName } from "../support/bare-pair.ts";
import { alertsAt } from "../support/follow-runbook.ts";
import { steadyPushes } from "../support/steady-load.ts";
import { dayMs, TlsSite } from "../support/tls-files.ts";
import { until } from "../support/until.ts";

const root = join(import.meta.dirname, "../..");
const deadlineMs = 60_000;

describe("a pair whose hubs speak TLS", { timeout: 240_000 }, () => {
  let dir: string;
  let site: TlsSite;
  let pair: BarePair;
  const successors: ChildProcess[] = [];

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "tandem-tls-pair-"));
    pair = await BarePair.make(dir);
    site = new TlsSite(pair.machines.mainpc.at.hub.host);
    const ended = { now: new Date(Date.now() - 3 * dayMs), validDays: 1 };
    for (const name of ["mainpc", "pc2"] as const) {
      const tls = site.write(name, site.issue(name, name === "pc2" ? ended : {}));
      const path = filesOf(pair.data.machine(name)).hubConfig;
      writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), tls }));
    }
    await pair.start();
  }, 180_000);

  afterAll(async () => {
    for (const successor of successors) successor.kill("SIGKILL");
    await pair?.stop();
    site?.remove();
    rmSync(dir, { recursive: true, force: true });
  });

  const at = (name: MachineName) => pair.machines[name].at.hub;
  const urlOf = (name: MachineName) => `https://${at(name).host}:${at(name).port}`;
  async function ask(name: MachineName, path: string, options: RequestOptions = {}, body = "") {
    const headers = { "content-length": String(body.length) };
    const asking = { ...at(name), path, headers, agent: false as const, ca: site.authority.certificate, ...options };
    const asked = request(asking).end(body);
    const [answer] = await once(asked, "response");
    let text = "";
    for await (const part of answer) text += part;
    return { status: answer.statusCode as number, text, headers: answer.headers };
  }
  const plainly = async (name: MachineName, path: string) =>
    await (await fetch(`${pair.machines[name].hubUrl}${path}`)).text();
  const fleet = async (name: MachineName) => FleetView.parse(JSON.parse(await plainly(name, "/api/v1/fleet")));
  const peerPaths = async (name: MachineName) =>
    Object.values((await fleet(name)).machines).find(({ self }) => !self)?.paths;
  const standing = async (name: MachineName) =>
    (await alertsAt(pair.machines[name].hubUrl)).map(({ name: alert, subject }) => `${alert} ${subject}`);

  /** Another hub of mainpc, beside the first one. */
  function succeed(name: string, change: (config: HubConfigInput) => HubConfigInput) {
    const config = JSON.parse(readFileSync(filesOf(pair.data.machine("mainpc")).hubConfig, "utf8")) as HubConfigInput; // made by the local run
    const path = join(dir, `${name}.json`);
    writeFileSync(path, JSON.stringify(change(config)));
    const { command, args } = pair.machines.mainpc.parts.hub.spec;
    const child = spawn(command, [...args.slice(0, -1), path], { stdio: ["ignore", "ignore", "pipe"] });
    successors.push(child);
    const made = { child, log: "" };
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      made.log += text;
    });
    return made;
  }

  it("goes on by NATS and beats while a hub's certificate has ended, loses nothing, and says so", async () => {
    await expect(ask("pc2", "/readyz")).rejects.toThrow(/expired/);
    await until("the refusals", async () => /not-peer"\} [1-9]/.test(await plainly("mainpc", "/metrics")), deadlineMs);
    for (const name of ["mainpc", "pc2"] as const) {
      const { sync, machines } = await fleet(name);
      expect(sync.state).toBe("in-sync");
      for (const { hub } of Object.values(machines)) expect(hub.verdict).toBe("alive");
      expect((await peerPaths(name))?.http).toBeNull();
    }
    const body = "a 1\n";
    const put = await ask("mainpc", "/metrics/job/ended", { method: "PUT" }, body);
    expect([put.status, put.headers["tandem-replication"]]).toEqual([200, "peer"]);
    await until("the alert", async () => (await standing("pc2")).includes("certificate-expiring pc2"), deadlineMs);
    const ledger = LedgerView.parse(JSON.parse(await plainly("pc2", "/api/v1/ledger")));
    expect(ledger).toMatchObject({ missing: 0, duplicates: 0 });
  });

  it("hears the peer by TLS and ends the alert once the certificate is renewed, without a restart", async () => {
    const { pid } = pair.machines.pc2.parts.hub;
    site.write("pc2", site.issue("pc2"));
    await until("both ways by HTTP", async () => {
      const ages = await Promise.all((["mainpc", "pc2"] as const).map(peerPaths));
      return ages.every((paths) => typeof paths?.http === "number");
    });
    await until("the end", async () => !(await standing("pc2")).includes("certificate-expiring pc2"), deadlineMs);
    expect(pair.machines.pc2.parts.hub.pid).toBe(pid);
    expect(await plainly("pc2", "/metrics")).toMatch(
      /tandem_certificate_expiry_timestamp_seconds\{certificate="hub"\} 1/,
    );
    expect((await fleet("mainpc")).machines.pc2?.hub.url).toBe(urlOf("pc2"));
    const page = await ask("mainpc", "/");
    expect(page.headers["content-security-policy"]).toContain(urlOf("pc2"));
  });

  it("tells what the hubs ask each other to the peer's certificate alone", async () => {
    const path = `/internal/v1/objectives?from=${Math.floor(Date.now() / 60_000)}&minutes=1`;
    const { certificate: cert, privateKey: key } = site.issue("pc2");
    await until("what is read back", async () => (await ask("mainpc", path, { cert, key })).status === 200);
    expect((await ask("mainpc", path)).status).toBe(403);
    expect((await ask("pc2", path, { cert, key })).text).toContain("of pc2, not of mainpc");
    const plain = requestPlain({ ...at("mainpc"), path, agent: false }).end();
    const [answer] = await once(plain, "response");
    expect(answer.resume().statusCode).toBe(403);
  });

  it("is asked by the operator's command and the Python example by the CA's file, and by neither without", async () => {
    const ca = join(dir, "ca.pem");
    writeFileSync(ca, site.authority.certificate);
    const run = (program: string, args: string[], file: string) =>
      spawnSync(program, args, { env: { ...process.env, TANDEM_CA_FILE: file }, encoding: "utf8" });
    const tandem = [join(root, "ops/setup.mjs"), "tandem", "ledger", "--hub", urlOf("mainpc")];
    expect(run(process.execPath, tandem, ca)).toMatchObject({ status: 0, stdout: expect.stringContaining("mainpc") });
    expect(run(process.execPath, tandem, "").status).not.toBe(0);
    const [python] = findInPath(["python3"]);
    if (python === undefined) return;
    const example = [join(root, "docs/examples/pair_client.py"), urlOf("mainpc"), urlOf("pc2"), "--pushes", "2"];
    expect(run(python, [...example, "--every", "0"], ca)).toMatchObject({ status: 0, stderr: "" });
    expect(run(python, [...example, "--every", "0"], "").stderr).toContain("CERTIFICATE_VERIFY_FAILED");
  });

  it("answers every push by TLS, on kept connections and new ones, while a hub is replaced by one that has its certificate", async () => {
    const ca = site.authority.certificate;
    const first = pair.machines.mainpc.parts.hub;
    const clients = [true, false].map((keepAlive) =>
      steadyPushes(urlOf("mainpc"), `secure_${keepAlive}`, { everyMs: 25, keepAlive, ca }),
    );
    await until("20 answers of each", () => clients.every(({ answered }) => answered >= 20), deadlineMs);
    const mute = succeed("mute", ({ tls, ...config }) => ({ ...config, tls: tls && { ...tls, keyFile: "/nowhere" } }));
    await until("that it waits", () => mute.log.includes("succession.waits"), deadlineMs);
    expect(mute.log).toMatch(/"reason":"[^"]*nowhere/);
    mute.child.kill("SIGTERM");
    await once(mute.child, "exit");
    const next = succeed("next", (config) => ({ ...config, maxQueuedPushes: 9_999 }));
    await until("its turn", () => next.log.includes("succession.taken"), deadlineMs);
    const counts = clients.map(({ answered }) => answered);
    await until("20 more", () => clients.every(({ answered }, i) => answered >= (counts[i] ?? 0) + 20), deadlineMs);
    await first.end();
    await Promise.all(clients.map((client) => client.stop()));
    for (const { failures, sent, answered } of clients) {
      expect(failures).toEqual([]);
      expect(answered).toBe(sent);
    }
    expect(next.log).toContain("tls.read");
    await until("all twice", async () => {
      const ledger = LedgerView.parse(JSON.parse(await plainly("pc2", "/api/v1/ledger")));
      return ledger.copies === 2 && ledger.missing === 0;
    });
    const ledger = LedgerView.parse(JSON.parse(await plainly("mainpc", "/api/v1/ledger")));
    for (const counted of ledger.clients) expect(counted).toMatchObject({ missing: 0, duplicates: 0 });
  });
});
