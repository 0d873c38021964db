import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
  for (const name of ["hub", "router", "supervisor"] as const) {
    const bytes = readFileSync(one[name].path);
    expect(readFileSync(two[name].path).equals(bytes)).toBe(true);
    expect(one[name].contentHash).toBe(createHash("sha256").update(bytes).digest("hex"));
    expect(two[name].contentHash).toBe(one[name].contentHash);
    expect(readdirSync(dirname(one[name].path))).toEqual([`${name}.cdx.json`, `${name}.mjs`]);
    const bills = [one, two].map((built) => readFileSync(built[name].path.replace(/mjs$/, "cdx.json"), "utf8"));
    expect(bills[1]).toBe(bills[0]);
  }
});

it("each bundle starts in a folder without packages and prints its version", async () => {
  const bundles = await build({ outDir: join(folder, "alone") });
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  for (const { path } of Object.values(bundles)) {
    const { stdout } = await promisify(execFile)(process.execPath, [path, "--version"], { cwd: folder });
    expect(stdout, path).toBe(`${version}\n`);
  }
});

it("a folder that takes no files is named, with what to do", async () => {
  const outDir = join(folder, "file");
  writeFileSync(outDir, "");
  await expect(build({ outDir })).rejects.toMatchObject({
    code: "build.unwritable",
    next: `Make ${join(outDir, "hub")} writable, or remove it`,
  });
});

it("all that the page may load takes less than 100 KB gzipped, and what it loads at first less than 50", () => {
  const { script, charts, style, hash, runbooks, ...others } = pageAssets();
  expect(others, "an asset that is not counted").toEqual({});
  const bytes = (...texts: string[]) => texts.reduce((sum, text) => sum + gzipSync(text).length, 0);
  expect(bytes(script, style)).toBeLessThan(50_000);
  expect(bytes(script, charts, style)).toBeLessThan(100_000);
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  // Pages of their own, each asked for by itself.
  expect(Object.keys(runbooks).length).toBeGreaterThan(12);
});
