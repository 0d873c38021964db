import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { Access } from "../../../hub/access/access.ts";
import type { AccessConfig } from "../../../hub/access/config.ts";
import { createLog } from "../../../hub/io/log.ts";
import { startPushServer } from "./push-api-server.ts";

const token = "a token of 256 bits, as far as a test needs it";
const sha256 = createHash("sha256").update(token).digest("hex");

async function serve(tokens: object[] = [{ name: "pc2/TutorAgent", sha256, jobs: ["tutor"], machines: ["pc2"] }]) {
  const dir = mkdtempSync(join(tmpdir(), "tandem-access-"));
  const path = join(dir, "push.json");
  writeFileSync(path, JSON.stringify({ v: 1, tokens }), { mode: 0o400 });
  const config: AccessConfig = { pushTokensFile: path };
  const access = new Access(
    config,
    createLog("test", () => {}),
  );
  await access.open();
  const server = await startPushServer({
    gate: access.pushGate,
    adminApi: true,
    wipeRefusal: () => "an operator's order",
  });
  onTestFinished(async () => {
    await access.stop();
    await server.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const push = async (path: string, authorization?: string, method = "PUT") => {
    const headers = authorization === undefined ? undefined : { authorization };
    const answer = await fetch(`${server.url}${path}`, {
      method,
      ...(headers && { headers }),
      ...(method === "DELETE" ? {} : { body: "depth 1\n" }),
    });
    return [answer.status, (await answer.text()).trim()];
  };
  return { ...server, access, push };
}

it("a push with the token of its job is taken, by bearer or as a password, and one without is told how", async () => {
  const { push, appended, access } = await serve();
  expect((await push("/metrics/job/tutor", `Bearer ${token}`))[0]).toBe(200);
  const basic = `Basic ${Buffer.from(`agent:${token}`).toString("base64")}`;
  expect((await push("/metrics/job/tutor/machine/pc2", basic))[0]).toBe(200);
  expect((await push("/metrics/job/tutor", `Bearer ${token}`, "DELETE"))[0]).toBe(202);
  expect(await push("/metrics/job/tutor")).toEqual([401, "a push needs a token: Authorization: Bearer <token>"]);
  expect((await push("/metrics/job/tutor", "Bearer another"))[0]).toBe(401);
  expect(appended).toHaveLength(3);
  expect(access.denied.push).toBe(2);
});

it("a token of one job writes and deletes no group of another, nor of another machine, and wipes nothing", async () => {
  const { push, appended, access } = await serve();
  expect(await push("/metrics/job/other", `Bearer ${token}`)).toEqual([
    403,
    "the token of pc2/TutorAgent writes no group of job other",
  ]);
  expect((await push("/metrics/job/other", `Bearer ${token}`, "DELETE"))[0]).toBe(403);
  expect((await push("/metrics/job/tutor/machine/mainpc", `Bearer ${token}`))[0]).toBe(403);
  expect((await push("/api/v1/admin/wipe", `Bearer ${token}`))[0]).toBe(403);
  expect(appended).toEqual([]);
  expect(access.denied.push).toBe(3);
});

it("a file without a token lets nobody push", async () => {
  const { push } = await serve([]);
  expect((await push("/metrics/job/tutor", `Bearer ${token}`))[0]).toBe(401);
});
