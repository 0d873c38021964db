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
  const names = ["hub.mjs", "router.mjs", "supervisor.mjs"];
  const read = (folder: string) => names.map((name) => readFileSync(join(folder, name)));
  const bytes = read(dirname(one.hubPath));
  expect(Buffer.concat(read(dirname(two.hubPath))).equals(Buffer.concat(bytes))).toBe(true);
  expect(one.contentHash).toBe(two.contentHash);
  expect(one.contentHash).toBe(createHash("sha256").update(Buffer.concat(bytes)).digest("hex"));
  expect(readdirSync(dirname(one.hubPath)).sort()).toEqual(names);
});

it("each bundle starts in a folder without packages and prints its version", async () => {
  const { contentHash: _, ...paths } = await build({ outDir: join(folder, "alone") });
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  for (const path of Object.values(paths)) {
    const { stdout } = await promisify(execFile)(process.execPath, [path, "--version"], { cwd: folder });
    expect(stdout, path).toBe(`${version}\n`);
  }
});

it("the page's script and style take less than 100 KB gzipped", () => {
  const { script, style } = pageAssets();
  expect(gzipSync(script).length + gzipSync(style).length).toBeLessThan(100_000);
});
