import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { writeRecord } from "../../../ops/deploy/archive.ts";
import { Bundle } from "../../../ops/support/bundle.ts";
import { addSite } from "../../../ops/support/site.ts";
import { deployment } from "../deploy/deployment.ts";
import { localPlaces } from "../deploy/local-place.ts";

let site: ReturnType<typeof localPlaces>;
beforeEach(() => {
  site = localPlaces("pc2");
});
afterEach(() => site.remove());

it("a machine gives its stack without secrets and its deployments, and its logs are a missing line where no engine answers", async () => {
  const [place] = site.places;
  if (place === undefined) throw new Error("no place");
  writeFileSync(place.stack.path, "config:\n  tandem:hubSeed:\n    secure: v1:abcdefgh:ijklmnopqrstuvwx\n");
  await writeRecord(place, deployment({ machine: "pc2", number: 3 }));
  const bundle = new Bundle();
  await addSite(bundle, [place.stack]);
  const textOf = (path: string) => bundle.entries.find((entry) => entry.path === path)?.text;
  expect(textOf("stacks/Pulumi.pc2.yaml")).toContain("secure: [secret]");
  expect(textOf("pc2/deployments.json")).toContain('"number": 3');
  expect(textOf("pc2/files.txt")).toBeDefined();
  expect(bundle.missed).toEqual([{ path: "pc2/logs", from: "docker logs --tail 500 on pc2", why: expect.any(String) }]);
});

it("files are named as same, differs or absent, and no hash of 64 digits of one is in the bundle", async () => {
  const [place] = site.places;
  if (place === undefined) throw new Error("no place");
  const config = join(site.folder, "etc");
  const stack = { ...place.stack, site: { ...place.stack.site, paths: { ...place.stack.site.paths, config } } };
  const secrets = join(config, "secrets");
  const record = (name: string, content: string) =>
    writeFileSync(join(secrets, `.${name}.deployed`), createHash("sha256").update(content).digest("hex"));
  mkdirSync(secrets, { recursive: true });
  writeFileSync(join(secrets, "nats.seed"), "1234");
  writeFileSync(join(secrets, "peer.seed"), "5678");
  record("nats.seed", "1234");
  record("peer.seed", "another");
  record("gone.seed", "9");
  const bundle = new Bundle();
  await addSite(bundle, [stack]);
  const files = bundle.entries.find(({ path }) => path === "pc2/files.txt")?.text ?? "";
  expect(files).toMatch(new RegExp(`^file same \\d+ ${secrets}/nats.seed$`, "m"));
  expect(files).toMatch(new RegExp(`^file differs \\d+ ${secrets}/peer.seed$`, "m"));
  expect(files).toContain(`file absent 0 ${secrets}/gone.seed`);
  for (const { text } of bundle.entries) expect(text).not.toMatch(/[\da-f]{64}/);
});
