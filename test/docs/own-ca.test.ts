/** The documented way to a certificate of one's own CA, run as it stands there. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { TlsFiles } from "../../hub/tls/tls-files.ts";
import { findInPath } from "../../ops/tools/find.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/access.md"), "utf8");
const [, section = ""] = page.split("### A certificate of one's own CA\n");
const [, recipe = ""] = /```sh\n([\s\S]*?)```/.exec(section) ?? [];
/** What goes into the stacks needs a stack. */
const byOpenssl = recipe.split("\n").filter((line) => !line.startsWith("pulumi "));

it.skipIf(findInPath(["openssl"]).length === 0)(
  "the recipe with OpenSSL makes what a hub takes, and who verifies strictly, as Python 3.13 does",
  { timeout: 120_000 },
  () => {
    const folder = mkdtempSync(join(tmpdir(), "tandem-own-ca-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const said = execFileSync("sh", ["-ec", byOpenssl.join("\n")], { cwd: folder, encoding: "utf8", stdio: "pipe" });
    expect(said).toContain("mainpc.pem: OK");
    const path = (name: string) => join(folder, name);
    const files = new TlsFiles(
      { certFile: path("mainpc.pem"), keyFile: path("mainpc.key"), caFile: path("ca.pem") },
      "mainpc",
    );
    expect([files.look(), files.complaint]).toEqual([true, undefined]);
  },
);
