/** Temporary folders, executables and a file server for the tests of the tools. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import type { Release, Tool } from "../../../ops/tools/tool.ts";
import { platformOf } from "../../../ops/tools/tool.ts";

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tandem-tools-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A shell script; returns its path. */
export function executable(path: string, script: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return path;
}

/** A script that tells its version as the real programs do. */
export const program = (path: string, version: string): string => executable(path, `echo "thing: v${version}"`);

/** A tool that no computer has, without sources unless given. */
export function imaginaryTool(more: Partial<Tool> = {}): Tool {
  return {
    name: "nats-server",
    variable: "TANDEM_IMAGINARY_TOOL",
    programs: ["imaginary-tool"],
    places: [],
    least: [2, 10, 0],
    leastReason: "the tests",
    sources: [],
    byHand: "imagine it",
    ...more,
  };
}

/** Serves an archive with `thing-1/thing` of that version and tells where; `asked` counts the requests. */
export async function servedRelease(version: string): Promise<{ release: Release; asked(): number }> {
  const folder = temporaryFolder();
  program(join(folder, "thing-1", "thing"), version);
  const archive = join(folder, "thing.tar.gz");
  execFileSync("tar", ["-czf", archive, "-C", folder, "thing-1"]);
  const bytes = readFileSync(archive);
  let asked = 0;
  const url = await serve((answer) => {
    asked++;
    answer(bytes);
  });
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { release: { url, sha256, member: "thing-1/thing" }, asked: () => asked };
}

/** An HTTP server for this test; `onRequest` may leave it unanswered. */
export async function serve(onRequest: (answer: (body: Buffer) => void) => void): Promise<string> {
  const server = createServer((_request, response) => onRequest((body) => void response.end(body)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/thing.tar.gz`; // an IP server's address
}

export const asSource = (release: Release): Tool["sources"][number] => ({
  kind: "release",
  releases: { [platformOf()]: release },
});
