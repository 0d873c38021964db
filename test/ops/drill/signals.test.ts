import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Reach } from "../../../components/reach.ts";
import { freezeScript, killScript, type SignalScript, thawScript } from "../../../ops/drill/signals.ts";
import { runShell } from "../../../ops/site/shell.ts";
import { until } from "../../support/until.ts";

const ssh = { kind: "ssh", host: "192.0.2.20", port: 22, user: "ops", hostKey: "ssh-ed25519 AAAA" } as const;
const ways: Record<string, Reach> = {
  none: { ...ssh, become: { kind: "none" } },
  docker: { ...ssh, become: { kind: "docker", image: "node:24" } },
};

describe.each(Object.entries(ways))("a server's process, with ssh.become %s,", (name, reach) => {
  let folder: string;
  let server: ChildProcess;
  let env: NodeJS.ProcessEnv;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tandem-signals-"));
    server = spawn("sleep", ["300"]);
    const bin = join(folder, "bin");
    mkdirSync(bin);
    // It runs what a container would run, and only where the container sees the machine's processes.
    const program = `#!/bin/sh
case $1 in
  ps) echo id ;;
  inspect) echo ${server.pid} ;;
  run)
    case "$*" in *"--pid host"*) ;; *) exit 9 ;; esac
    case "$*" in *--detach*) detach=1 ;; esac
    while [ "$1" != sh ]; do shift; done; shift 3
    if [ -n "$detach" ]; then sh -c "$1" </dev/null >/dev/null 2>&1 & else sh -c "$1"; fi ;;
esac
`;
    writeFileSync(join(bin, "docker"), program);
    chmodSync(join(bin, "docker"), 0o755);
    env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
  });
  afterEach(() => {
    server.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  const run = async ({ script, as }: SignalScript) => {
    expect(as).toBe(name === "docker" ? "user" : "owner");
    return await runShell(["env", `PATH=${env.PATH}`, "sh", "-c", script]);
  };
  const state = async () => (await runShell(["ps", "-o", "stat=", "-p", String(server.pid)])).stdout.trim().charAt(0);

  it("is killed", async () => {
    const ended = new Promise((resolve) => server.once("exit", (_, signal) => resolve(signal)));
    expect(await run(killScript(reach, "pc2", ["hub"]))).toMatchObject({ code: 0 });
    expect(await ended).toBe("SIGKILL");
  });

  it("is frozen until it is thawed before its hold is over", async () => {
    const { code, stdout } = await run(freezeScript(reach, "pc2", ["nats"], 20_000));
    expect([code, stdout.trim()]).toEqual([0, String(server.pid)]);
    await until("the freeze", async () => (await state()) === "T");
    expect(await run(thawScript(reach, stdout))).toMatchObject({ code: 0 });
    await until("the thaw", async () => (await state()) === "S");
  });

  it("wakes by itself when its hold of 3 s is over, though nobody thaws it", async () => {
    const startMs = performance.now();
    expect(await run(freezeScript(reach, "pc2", ["nats"], 3_000))).toMatchObject({ code: 0 });
    // Who froze it does not wait for the thaw.
    expect(performance.now() - startMs).toBeLessThan(2_900);
    await until("the freeze", async () => (await state()) === "T");
    await until("its own thaw", async () => (await state()) === "S");
    expect(performance.now() - startMs).toBeGreaterThan(2_900);
  });
});
