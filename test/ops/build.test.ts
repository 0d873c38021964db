import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, expect, it } from "vitest";
import { pageAssets } from "../../hub/page/assets.ts";
import { build } from "../../ops/build.ts";

const folder = mkdtempSync(join(tmpdir(), "tandem-build-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("two builds at the same time into two folders give the same bytes, which the hash is of", async () => {
  const [one, two] = await Promise.all(["one", "two"].map((name) => build({ outDir: join(folder, name) })));
  if (one === undefined || two === undefined) throw new Error("two builds were asked for");
  const bytes = readFileSync(one.hubPath);
  expect(readFileSync(two.hubPath).equals(bytes)).toBe(true);
  expect(one.contentHash).toBe(two.contentHash);
  expect(one.contentHash).toBe(createHash("sha256").update(bytes).update(readFileSync(one.routerPath)).digest("hex"));
  expect(readdirSync(dirname(one.hubPath))).toEqual(["hub.mjs", "router.mjs"]);
});

it("both bundles start in a folder without packages and print their version", async () => {
  const { hubPath, routerPath } = await build({ outDir: join(folder, "alone") });
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  for (const path of [hubPath, routerPath]) {
    const { stdout } = await promisify(execFile)(process.execPath, [path, "--version"], { cwd: folder });
    expect(stdout, path).toBe(`${version}\n`);
  }
});

it("the page's script and style take less than 100 KB gzipped", () => {
  const { script, style } = pageAssets();
  expect(gzipSync(script).length + gzipSync(style).length).toBeLessThan(100_000);
});
