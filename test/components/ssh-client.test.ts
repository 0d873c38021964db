import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { clientProblem } from "../../components/ssh-client.ts";
import { until } from "../support/until.ts";

const { SSH_AUTH_SOCK: _, ...env } = process.env;

it("without SSH_AUTH_SOCK the problem is the agent, and so it is with a socket where nobody answers", async () => {
  expect(await clientProblem(env)).toMatchObject({ what: "no ssh-agent runs: SSH_AUTH_SOCK is not set" });
  const gone = await clientProblem({ ...env, SSH_AUTH_SOCK: "/nowhere/agent" });
  expect(gone?.what).toContain("no ssh-agent answers at /nowhere/agent");
  expect(gone?.next).toContain("eval $(ssh-agent) && ssh-add");
});

it("an agent without a key is a problem; with one it is none, once there is a ~/.ssh that is not too deep", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tandem-agent-"));
  const socket = join(folder, "socket");
  const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
  onTestFinished(async () => {
    agent.kill();
    await once(agent, "exit");
    rmSync(folder, { recursive: true });
  });
  await until("the agent's socket", () => existsSync(socket));
  const withAgent = { ...env, SSH_AUTH_SOCK: socket };
  expect(await clientProblem(withAgent)).toEqual({ what: "the ssh-agent holds no key", next: "Load yours: ssh-add" });
  const key = join(folder, "key");
  spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
  spawnSync("ssh-add", ["-q", key], { env: withAgent });
  expect(await clientProblem(withAgent, folder)).toEqual({
    what: `${folder}/.ssh, where ssh keeps its shared connections, is not there`,
    next: `mkdir -m 700 ${folder}/.ssh`,
  });
  const deep = `/${"h".repeat(62)}`;
  expect((await clientProblem(withAgent, deep))?.what).toContain(
    "shared connections, is too deep: the path of a home has",
  );
  mkdirSync(join(folder, ".ssh"));
  expect(await clientProblem(withAgent, folder)).toBeUndefined();
});
