import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { whyNotAllowed } from "../../../ops/supply/licences.ts";
import { type LockedPackage, packagePathOf, readLockfile } from "../../../ops/supply/lockfile.ts";
import { sbomText } from "../../../ops/supply/sbom.ts";
import { whyNot } from "../../../ops/supply.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const { allowScripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const sample: LockedPackage = {
  name: "@scope/one",
  path: "node_modules/@scope/one",
  version: "1.2.3",
  license: "MIT",
  integrity: `sha512-${Buffer.from("sum").toString("base64")}`,
  resolved: undefined,
  dev: false,
  hasInstallScript: false,
};

describe("packages", () => {
  it("all of the lockfile have a licence that may be given on, a checksum, and no install script that nobody looked at", () => {
    expect([...readLockfile(root).values()].flatMap((one) => whyNot(one, allowScripts))).toEqual([]);
  });

  it("one with another licence, without a checksum, from elsewhere, or with a script of its own is named", () => {
    const { integrity: _, ...without } = sample;
    expect(whyNot({ ...sample, license: "GPL-3.0-only" }, {})).toEqual([
      expect.stringContaining("@scope/one has the licence GPL-3.0-only"),
    ]);
    expect(whyNot(without, {})).toEqual(["node_modules/@scope/one has no checksum in package-lock.json"]);
    expect(whyNot({ ...sample, resolved: "git+ssh://git@example.org/one.git" }, {})).toHaveLength(1);
    expect(whyNot({ ...sample, hasInstallScript: true }, {})).toHaveLength(1);
    expect(whyNot({ ...sample, hasInstallScript: true }, { "@scope/one": false })).toEqual([]);
  });

  it.each([
    ["MIT OR GPL-2.0", false, true],
    ["(MIT AND Zlib)", false, true],
    ["(MIT AND GPL-2.0)", false, false],
    ["MPL-2.0", false, false],
    ["MPL-2.0", true, true],
    ["none", true, false],
  ])("of %s, for tests only: %s, may be used: %s", (license, dev, may) => {
    expect(whyNotAllowed({ name: "one", license, dev }) === undefined).toBe(may);
  });

  it("the package of a source is the innermost one", () => {
    expect(packagePathOf("node_modules/zod/v4/core.js")).toBe("node_modules/zod");
    expect(packagePathOf("../x/node_modules/@a/b/node_modules/c/index.js")).toBe("node_modules/@a/b/node_modules/c");
    expect(packagePathOf("hub/main.ts")).toBeUndefined();
  });
});

it("a bill of materials names program, packages, licences and checksums, whatever order they are given in", () => {
  const other = { ...sample, name: "zod", path: "node_modules/zod" };
  const text = sbomText({ name: "tandem-hub", version: "0.1.0" }, [other, sample]);
  expect(text).toBe(sbomText({ name: "tandem-hub", version: "0.1.0" }, [sample, other]));
  expect(JSON.parse(text)).toMatchObject({
    bomFormat: "CycloneDX",
    metadata: { component: { purl: "pkg:npm/tandem-hub@0.1.0" } },
    components: [
      { purl: "pkg:npm/%40scope/one@1.2.3", hashes: [{ alg: "SHA-512", content: "73756d" }] },
      { purl: "pkg:npm/zod@1.2.3", licenses: [{ expression: "MIT" }] },
    ],
  });
});

it("the steps of the workflows are pinned by commit", () => {
  const folder = join(root, ".github", "workflows");
  const used = readdirSync(folder).flatMap((name) =>
    [...readFileSync(join(folder, name), "utf8").matchAll(/uses: *(\S+)/g)].map(([, step = ""]) => step),
  );
  expect(used.length).toBeGreaterThan(3);
  for (const step of used) expect(step).toMatch(/^(\.\/|[\w./-]+@[0-9a-f]{40}$)/);
});
