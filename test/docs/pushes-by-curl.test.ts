/** Each push by curl that a page shows, run as it stands there, against a hub. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { findInPath } from "../../ops/tools/find.ts";
import { startPushServer } from "../hub/http/push-api-server.ts";

const root = join(import.meta.dirname, "..", "..");
const docs = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" });
const pages = ["README.md", ...docs.map((name) => join("docs", name))].filter((name) => name.endsWith(".md"));
const pushes = pages.flatMap((page) =>
  readFileSync(join(root, page), "utf8")
    .split("\n")
    .filter((line) => /\bcurl\b.*\/metrics\/job\//.test(line) && !line.includes("DELETE"))
    .map((command) => [page, command] as const),
);

it("the first push of a user, and the check of a new site, are among them", () => {
  const shown = pushes.map(([page]) => page);
  expect(shown).toContain("README.md");
  expect(shown).toContain("docs/new-site.md");
});

it.skipIf(findInPath(["curl"]).length === 0).each(pushes)("of %s is answered with 200: %s", async (_page, command) => {
  const hub = await startPushServer();
  onTestFinished(() => hub.close());
  const folder = mkdtempSync(join(tmpdir(), "tandem-curl-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  // Its `stack output hub` is the hub's address.
  writeFileSync(join(folder, "pulumi"), `#!/bin/sh\necho ${hub.url}\n`, { mode: 0o755 });
  const env = { ...process.env, PATH: [folder, process.env.PATH].join(delimiter), NO_PROXY: "127.0.0.1" };
  const line = `${command.replace("http://127.0.0.1:9000", hub.url)} -s -o /dev/null -w '%{http_code}'`;
  const { stdout } = await promisify(execFile)("sh", ["-ec", line], { env });
  expect(stdout).toBe("200");
  expect(hub.appended).toHaveLength(1);
});
