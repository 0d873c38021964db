import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { createLog } from "../../../hub/io/log.ts";
import { RemoteWriteConfig } from "../../../hub/remote-write/config.ts";
import { RemoteWrite } from "../../../hub/remote-write/remote-write.ts";
import { smallConfig } from "../small-config.ts";

function remoteWrite(stateDirectory: string, targets: { name: string; url: string }[]) {
  const lines: string[] = [];
  const config = smallConfig({ stateDirectory, remoteWrite: RemoteWriteConfig.parse({ everyMs: 1_000, targets }) });
  const log = createLog("mainpc", (line) => lines.push(line));
  const made = new RemoteWrite({ config, version: "1", isLinked: () => true, isInSync: () => true, log });
  made.sampleFrom({ own: () => Promise.resolve(""), fleet: () => "" });
  onTestFinished(() => made.stop());
  return { made, lines };
}

const folder = () => {
  const path = mkdtempSync(join(tmpdir(), "tandem-remote-write-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
};
const store = { name: "store", url: "http://127.0.0.1:1/write" };

it("a queue that cannot be opened counts as kept nothing, and one that is there from its first sampling on as kept", async () => {
  const file = join(folder(), "file");
  writeFileSync(file, "");
  const broken = remoteWrite(file, [store]);
  const whole = remoteWrite(folder(), [store]);
  for (const { made } of [broken, whole]) {
    expect(made.unkeptForMs).toBeGreaterThan(0);
    made.begin();
  }
  await vi.waitFor(() => expect(whole.made.unkeptForMs).toBe(0), { timeout: 5_000 });
  expect(broken.made.unkeptForMs).toBeGreaterThan(0);
  expect(broken.lines.join("")).toContain("remote_write.unopened");
});

it("where nothing is to be written nothing is missed", () => {
  expect(remoteWrite(folder(), []).made.unkeptForMs).toBe(0);
});
