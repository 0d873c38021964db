import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nkeys } from "nats";
import { afterEach, beforeEach, expect, it } from "vitest";
import { stringify } from "yaml";
import { ensureTool } from "../../ops/tools/ensure-tool.ts";
import { stackValues } from "../components/recorder.ts";

const root = join(import.meta.dirname, "..", "..");
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tandem-witness-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

function put(stack: string, values: Record<string, unknown>): void {
  const config = Object.fromEntries(Object.entries(values).map(([key, value]) => [`tandem:${key}`, value]));
  writeFileSync(join(dir, `Pulumi.${stack}.yaml`), stringify({ config }));
}

const witness = (...more: string[]) =>
  spawnSync(process.execPath, ["ops/tandem.ts", "witness", "--dir", dir, ...more], { cwd: root, encoding: "utf8" });

const security = (hubKey: string) => ({
  hubKey,
  operatorKey: nkeys.createUser().getPublicKey(),
  ca: "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n",
  leafCertificate: "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n",
});

it("the witness of a site with keys lets its two hubs write, at the address of the stacks, and nats-server takes its conf", {
  timeout: 60_000,
}, async () => {
  const keys = [nkeys.createUser().getPublicKey(), nkeys.createUser().getPublicKey()];
  const place = { host: "192.0.2.30", port: 4333 };
  put("mainpc", { ...stackValues("mainpc"), witness: place, security: security(keys[0] ?? "") });
  put("pc2", { ...stackValues("pc2"), witness: place, security: security(keys[1] ?? "") });
  const { stdout, stderr } = witness("--store", join(dir, "store"));
  expect(stderr).toBe("");
  for (const key of keys) expect(stdout).toContain(`nkey: "${key}"`);
  expect(stdout).toContain('host: "192.0.2.30"\nport: 4333\n');
  const conf = join(dir, "nats.conf");
  writeFileSync(conf, stdout);
  const checked = spawnSync(await ensureTool("nats-server", () => {}), ["-c", conf, "-t"], { encoding: "utf8" });
  expect([checked.status, checked.stderr]).toEqual([0, expect.stringContaining("is valid")]);
});

it("the witness of a site without keys asks nobody who they are; one key without the other is refused", {
  timeout: 60_000,
}, () => {
  for (const stack of ["mainpc", "pc2"]) put(stack, stackValues(stack));
  expect(witness("--port", "4444").stdout).toMatch(
    /^server_name: "tandem-witness"\nhost: "0\.0\.0\.0"\nport: 4444\n(?![\s\S]*authorization)/,
  );
  put("pc2", { ...stackValues("pc2"), security: security(nkeys.createUser().getPublicKey()) });
  const { status, stderr } = witness();
  expect([status, stderr]).toEqual([1, expect.stringContaining("its hub could not write")]);
});
