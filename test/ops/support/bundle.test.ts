import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { patternsOf } from "../../../ops/secrets/patterns.ts";
import { Bundle, cleaned, manifestText, pack, refuseSecrets } from "../../../ops/support/bundle.ts";
import { ownMetrics } from "../../../ops/support/hubs.ts";
import { withoutSecrets } from "../../../ops/support/site.ts";

it("what cannot be fetched is a line of the manifest, not a failure", async () => {
  const bundle = new Bundle();
  await bundle.add("a.txt", "here", () => "a");
  await bundle.add("b.txt", "there", () => Promise.reject(new Error("no answer\nmore")));
  const facts = { at: "2026-05-12T14:00:00Z", version: "0.1.0", removed: 2, secrets: 1 };
  expect(manifestText(bundle.entries, bundle.missed, facts)).toBe(`tandem support, 2026-05-12T14:00:00Z, tandem 0.1.0
1 secrets were searched for by their values, all else by its looks; 2 places were taken out

a.txt  1 bytes  from here

not fetched:
b.txt  from there: no answer
`);
});

it("a secret that is left is refused by its place, and its value is not told", () => {
  const known = patternsOf({ name: "mainpc hubSeed", value: "a-secret-of-ours" });
  const entry = { path: "mainpc/logs/a-secret-of-ours.log", from: "/x", text: "" };
  expect(() => cleaned([entry], known)).toThrow(
    "mainpc hubSeed is in what would be mainpc/logs/[removed].log of the bundle",
  );
  expect(() => refuseSecrets([{ path: "a.log", from: "/x", text: "password=hunter2" }], [])).toThrow(
    "a value under a secret's name is in what would be a.log of the bundle, so none was written",
  );
});

it("a stack's file loses its ciphertexts and its salt, and keeps the rest", () => {
  const yaml =
    "encryptionsalt: v1:abc=:v1:def:ghi\nconfig:\n  tandem:hubSeed:\n    secure: v1:xyz\n  tandem:machine:\n    name: pc2\n";
  expect(withoutSecrets(yaml)).toBe(
    "encryptionsalt: [secret]\nconfig:\n  tandem:hubSeed:\n    secure: [secret]\n  tandem:machine:\n    name: pc2\n",
  );
});

it("of a hub's metrics only its own are kept: what agents push is theirs", () => {
  const text = "# HELP tandem_in_sync x\ntandem_in_sync 1\n# TYPE room gauge\nroom 21\n";
  expect(ownMetrics(text)).toBe("# HELP tandem_in_sync x\ntandem_in_sync 1");
});

it("the archive is for its owner alone, with each file below one folder", async () => {
  const dir = mkdtempSync(join(tmpdir(), "tandem-bundle-"));
  try {
    const out = join(dir, "s.tar.gz");
    await pack([{ path: "a/b.txt", from: "here", text: "hello" }], out);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(execFileSync("tar", ["-xzOf", out, "tandem-support/a/b.txt"], { encoding: "utf8" })).toBe("hello");
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
