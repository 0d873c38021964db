import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { ServiceJson } from "../../../hub/http/api.ts";
import { registerServices } from "../../../ops/services.ts";
import { hasPseudoTerminal, keys, PseudoTerminal } from "../../support/pseudo-terminal.ts";
import { runCommand } from "../run-command.ts";
import { service } from "./service.ts";

const command = join(import.meta.dirname, "..", "..", "..", "ops", "tandem.ts");

describe("an operator's commands about services", () => {
  let hub: Server;
  let url: string;
  let services: ServiceJson[];
  /** Orders that the hub got, and what it answers to them by path. */
  let orders: string[];
  /** With which token. */
  let shown: (string | undefined)[];
  let answers: Record<string, { status: number; body: unknown }>;

  beforeEach(async () => {
    services = [service({ name: "Twin" }), service({ name: "Memory" })];
    [orders, shown, answers] = [[], [], {}];
    hub = createServer(async (request, response) => {
      const path = request.url ?? "";
      if (request.method === "GET") {
        const body = path === "/api/v1/services" ? services : [];
        return void response.end(JSON.stringify(body));
      }
      shown.push(request.headers.authorization);
      orders.push(`${request.method} ${path} ${await text(request)}`);
      const { status, body } = answers[path] ?? { status: 200, body: { ok: true, text: "moved" } };
      if (status === 0) return void request.socket.destroy();
      response.writeHead(status).end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => hub.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(hub.address() as AddressInfo).port}`; // it listens on TCP
  });
  afterEach(() => {
    hub.close();
    hub.closeAllConnections();
  });

  const run = (...args: string[]) => runCommand(registerServices, [...args, "--hub", url]);

  it("where ends with 0 when all is owned, with 1 when one is held, with the service's error when there is none", async () => {
    expect((await run("where")).code).toBe(0);
    services[1] = service({ name: "Memory", state: "held", reason: "no witness answers" });
    const { code, stdout } = await run("where", "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      exitCode: 1,
      hubs: [{ services: [{ name: "Twin" }, { state: "held" }] }],
    });
    expect((await run("where", "Nobody")).stderr).toContain("no agent Nobody has a standby");
  });

  it("take wants the name typed, and where nobody can type, --yes", async () => {
    const args = [command, "take", "Twin", "--confirm-peer-dead", "--hub", url];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    expect([await text(child.stderr), await ended]).toEqual([expect.stringContaining("wants to be confirmed"), 1]);
    expect(orders).toEqual([]);
    expect(await run("take", "Twin", "--confirm-peer-dead", "--yes")).toMatchObject({ code: 0, stdout: "moved\n" });
    expect(orders).toEqual(['POST /api/v1/services/Twin/take {"confirmPeerDead":true}']);
  });

  it.skipIf(!hasPseudoTerminal)("take at a terminal does nothing after another name or Ctrl-C", async () => {
    const takeAfter = async (typed: string) => {
      const args = [command, "take", "Twin", "--confirm-peer-dead", "--hub", url];
      const terminal = new PseudoTerminal([process.execPath, ...args]);
      await terminal.type("Twin runs twice. Type Twin to go on", typed);
      return await terminal.ended;
    };
    expect([await takeAfter(`Twins${keys.enter}`), await takeAfter(keys.ctrlC)]).toEqual([1, 130]);
    expect(orders).toEqual([]);
    expect(await takeAfter(`Twin${keys.enter}`)).toBe(0);
    expect(orders).toEqual(['POST /api/v1/services/Twin/take {"confirmPeerDead":true}']);
  });

  it("switchover of all 2 goes on after one that does not move, and ends with 1 then", async () => {
    const refused = { status: 409, body: { ok: false, text: "not in sync" } };
    answers["/api/v1/services/Twin/switchover"] = refused;
    const { code, stdout } = await run("switchover", "--all", "--to", "pc2");
    expect([code, stdout]).toEqual([1, "Twin: not in sync\nMemory: moved\n"]);
    expect(orders).toEqual(["Twin", "Memory"].map((name) => `POST /api/v1/services/${name}/switchover {"to":"pc2"}`));
    expect((await run("switchover", "--all")).stderr).toContain("→ tandem switchover");
  });

  it("switchover of all 2 goes on after one that is not answered, and tells of each", async () => {
    answers["/api/v1/services/Twin/switchover"] = { status: 0, body: {} };
    const { code, stdout } = await run("switchover", "--all", "--to", "pc2", "--json");
    expect([code, JSON.parse(stdout)]).toEqual([
      1,
      [
        { service: "Twin", ok: false, text: expect.stringContaining("Ask tandem where before you try it again") },
        { service: "Memory", ok: true, text: "moved" },
      ],
    ]);
  });

  it("switchover of all with --home brings each of 2 to its own home", async () => {
    services[1] = service({ name: "Memory", home: "pc2" });
    expect((await run("switchover", "--all", "--home")).code).toBe(0);
    const to = { Twin: "mainpc", Memory: "pc2" };
    expect(orders).toEqual(
      Object.entries(to).map(([name, home]) => `POST /api/v1/services/${name}/switchover {"to":"${home}"}`),
    );
    expect((await run("switchover", "--all", "--home", "--to", "pc2")).stderr).toContain("→ tandem switchover");
  });

  it("an order that a hub does not take at its port says where to give it", async () => {
    answers["/api/v1/services/Twin/switchover"] = { status: 403, body: { error: "not taken at the hub's port" } };
    const { code, stderr } = await run("switchover", "Twin");
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining("→ Name the site's folder with --dir instead of a hub"),
    ]);
  });

  it("an order to a hub that is named shows the operator's token of the file that the environment names", async () => {
    const dir = mkdtempSync(join(tmpdir(), "tandem-operator-token-"));
    onTestFinished(() => {
      delete process.env.TANDEM_OPERATOR_TOKEN_FILE;
      rmSync(dir, { recursive: true, force: true });
    });
    await run("switchover", "Twin");
    process.env.TANDEM_OPERATOR_TOKEN_FILE = join(dir, "token");
    expect((await run("switchover", "Twin")).stderr).toContain("token: ENOENT");
    writeFileSync(join(dir, "token"), "ann's-token\n", { mode: 0o600 });
    await run("switchover", "Twin");
    expect(shown).toEqual([undefined, "Bearer ann's-token"]);
  });

  it("maintenance of 30 minutes begins with its reason and who says so, and ends", async () => {
    const view = { target: "mainpc", since: "", until: "2026-05-12T14:33:00.000Z", reason: "new memory", by: "ann" };
    answers["/api/v1/maintenance"] = { status: 200, body: view };
    const on = await run("maintenance", "on", "mainpc", "--minutes", "30", "--reason", "new memory");
    expect(on.stdout).toBe("mainpc is in maintenance until 2026-05-12T14:33:00.000Z\n");
    expect(orders[0]).toMatch(/^POST .*{"target":"mainpc","minutes":30,"reason":"new memory","by":".+"}$/);
    expect(await run("maintenance", "off", "mainpc")).toMatchObject({ code: 0, stdout: "mainpc is watched again\n" });
    expect(orders[1]).toMatch(/^DELETE .*{"target":"mainpc","by":".+"}$/);
    expect((await run("maintenance", "list")).stdout).toBe("nothing is in maintenance\n");
  });
});
