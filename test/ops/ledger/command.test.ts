import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const command = join(import.meta.dirname, "..", "..", "..", "ops", "tandem.ts");

describe("tandem ledger", () => {
  let hub: Server;
  let port: number;
  let missing: number;
  let dir: string;

  beforeEach(async () => {
    missing = 0;
    dir = mkdtempSync(join(tmpdir(), "tandem-ledger-"));
    hub = createServer((request, response) => {
      if (request.url !== "/api/v1/ledger") return void response.writeHead(404).end();
      const now = new Date().toISOString();
      response.end(
        JSON.stringify({
          machine: "mainpc",
          now,
          missing,
          duplicates: 0,
          pending: 0,
          spooled: 0,
          copies: 2,
          lines: [],
          clients: [],
          clientTotals: { clients: 0, missing: 0, duplicates: 0, forgotten: 0 },
          unnumbered: {},
        }),
      );
    });
    await new Promise<void>((resolve) => hub.listen(0, "127.0.0.1", resolve));
    port = (hub.address() as AddressInfo).port; // it listens on TCP
  });
  afterEach(() => {
    hub.close();
    hub.closeAllConnections();
    rmSync(dir, { recursive: true, force: true });
  });

  const start = (...args: string[]) => {
    const child = spawn(process.execPath, [command, "ledger", ...args], { cwd: dir });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => (stdout += chunk));
    child.stderr.on("data", (chunk) => (stderr += chunk));
    const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
      child.once("close", (code) => resolve({ code, stdout, stderr })),
    );
    return { child, ended };
  };

  it("ends with 0 when nothing is missing, with 1 when 3 records are, and says so", async () => {
    expect(await start("--hub", `http://127.0.0.1:${port}/`).ended).toMatchObject({
      code: 0,
      stdout: "mainpc says: missing 0, duplicates 0, pending 0, copies 2\n",
    });
    missing = 3;
    const { code, stdout } = await start("--json", "--hub", `http://127.0.0.1:${port}`).ended;
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ exitCode: 1, hubs: [{ ledger: { missing: 3 } }] });
  });

  it("finds both hubs of a local run by its data folder, and ends with 2 when neither answers", async () => {
    for (const machine of ["mainpc", "pc2"]) {
      mkdirSync(join(dir, machine));
      const address = { host: "127.0.0.1", port: 1 };
      const config = {
        name: machine,
        hubName: "hub",
        hub: address,
        nats: address,
        monitoring: address,
        pushgateway: address,
        beats: address,
      };
      writeFileSync(join(dir, machine, "hub.json"), JSON.stringify({ v: 1, machine: config }));
    }
    const { code, stdout } = await start("--data", dir).ended;
    expect([code, stdout]).toEqual([2, "no answer from http://127.0.0.1:1\nno answer from http://127.0.0.1:1\n"]);
  });

  it("says what to do when the data folder is none, and when a hub's URL is none", async () => {
    const none = await start("--data", join(dir, "nothing")).ended;
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("→ Name the folder")]);
    const bad = await start("--hub", "mainpc").ended;
    expect([bad.code, bad.stderr]).toEqual([1, expect.stringContaining("mainpc is no hub's URL")]);
  });

  it("goes on until Ctrl-C with --watch, and ends with the code of what it saw last", async () => {
    const { child, ended } = start("--watch", "--json", "--hub", `http://127.0.0.1:${port}`);
    let lines = 0;
    child.stdout.on("data", () => {
      lines++;
      missing = 1;
      if (lines === 2) child.kill("SIGINT");
    });
    const { code, stdout } = await ended;
    expect(code).toBe(1);
    expect(stdout.trim().split("\n")).toHaveLength(2);
  });
});
