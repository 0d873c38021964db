import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { requireFleet } from "../../../fleet/load.ts";
import { createPushApi, type PushApiOptions } from "../../../hub/http/push-api.ts";
import { carryOut, requireDeletions } from "../../../ops/migrate/deeds.ts";
import type { MigrationSite } from "../../../ops/migrate/site.ts";
import { pushTokenVariable } from "../../../ops/site/push-token.ts";

const fleet = requireFleet();
const agent = fleet.agents.find(({ isHub, standby, machine }) => !isHub && standby === undefined && machine === "pc2");
if (agent === undefined) throw new Error("pc2 has no agent without a standby");
const group = `/metrics/job/${agent.name}/machine/pc2`;

let folder: string;
let hub: Server;
let site: MigrationSite;
/** Deletions that were taken. */
let deleted: string[];

/** A hub's own API for pushes, which asks for a token. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tandem-deeds-"));
  writeFileSync(join(folder, "token"), "the-token\n", { mode: 0o600 });
  deleted = [];
  const api = createPushApi({
    fold: {
      check: () => ({ ok: true, series: 0 }),
      admission: { bytes: undefined },
    } as unknown as PushApiOptions["fold"], // all that a deletion asks of it
    append: async (push) => {
      deleted.push(push.group.map(([name, value]) => `${name}=${value}`).join(" "));
      return { kind: "spooled", position: { incarnation: "a", seq: 1 } };
    },
    replicated: async () => "local",
    maxBodyBytes: 1_000,
    status: () => "",
    adminApi: false,
    unready: () => undefined,
    gate: ({ headers }) =>
      headers.authorization === "Bearer the-token"
        ? { whyNot: () => undefined }
        : { denial: { status: 401, error: "a push needs a token", headers: {} } },
  });
  hub = createServer((request, response) => void api(request, response));
  await new Promise<void>((resolve) => hub.listen(0, "127.0.0.1", resolve));
  const { port } = hub.address() as AddressInfo; // it listens on TCP
  const hubs = new Map([["mainpc", `http://127.0.0.1:${port}`]]);
  site = { fleet, hubs, hosts: new Map() } as unknown as MigrationSite; // all that the deletion of a group needs
});
afterEach(() => {
  vi.unstubAllEnvs();
  hub.close();
  hub.closeAllConnections();
  rmSync(folder, { recursive: true });
});

const shadow = () => carryOut([{ agent, deed: { do: "delete group", which: "shadow" } }], site);

it("a group is deleted at a hub that asks for a push token, which the command shows", async () => {
  expect(await shadow()).toEqual([expect.stringContaining("was not deleted: the hub of mainpc answered with 401")]);
  vi.stubEnv(pushTokenVariable, join(folder, "token"));
  expect(await shadow()).toEqual([]);
  expect(deleted).toHaveLength(1);
});

it("without a token that may delete the groups of all its agents nothing is begun, and asking deletes nothing", async () => {
  await expect(requireDeletions([agent], site)).rejects.toMatchObject({
    code: "push-token.refused",
    message: expect.stringContaining(`delete ${group}/arrangement/shadow: 401 a push needs a token`),
    next: expect.stringContaining(pushTokenVariable),
  });
  vi.stubEnv(pushTokenVariable, join(folder, "token"));
  await requireDeletions([agent], site);
  expect(deleted).toEqual([]);
});

it("a hub that does not answer refuses nobody", async () => {
  hub.close();
  hub.closeAllConnections();
  await expect(requireDeletions([agent], site)).resolves.toBeUndefined();
});
