import { readdirSync } from "node:fs";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { fromRelease } from "../../../ops/tools/sources/release.ts";
import { askVersion } from "../../../ops/tools/version.ts";
import { serve, servedRelease, temporaryFolder } from "./scratch.ts";

const calm = new AbortController().signal;
const silent = () => {};

describe("a release download", () => {
  it("gives a program that runs when the checksum is the pinned one", async () => {
    const { release } = await servedRelease("2.12.3");
    const path = await fromRelease(release, { folder: temporaryFolder(), signal: calm, say: silent });
    expect(await askVersion(path)).toEqual([2, 12, 3]);
  });

  it("is refused before anything is unpacked when one digit of the checksum differs", async () => {
    const { release } = await servedRelease("2.12.3");
    const folder = temporaryFolder();
    const wrong = { ...release, sha256: release.sha256.replace(/.$/, (digit) => (digit === "0" ? "1" : "0")) };
    const refused = fromRelease(wrong, { folder, signal: calm, say: silent });
    await expect(refused).rejects.toThrow(
      `${release.url} has the checksum ${release.sha256}, not ${wrong.sha256}: refused`,
    );
    expect(readdirSync(folder)).toEqual(["release.tar.gz"]);
  });

  it("fails at once with the cause when nobody listens there", async () => {
    const port = await closedPort();
    const release = { url: `http://127.0.0.1:${port}/x.tar.gz`, sha256: "0".repeat(64), member: "x" };
    const failing = fromRelease(release, { folder: temporaryFolder(), signal: calm, say: silent });
    await expect(failing).rejects.toThrow(`connect ECONNREFUSED 127.0.0.1:${port}`);
  });

  it("gives up 5 s after asking a server that does not answer", async () => {
    const url = await serve(() => {});
    const release = { url, sha256: "0".repeat(64), member: "x" };
    const failing = fromRelease(release, { folder: temporaryFolder(), signal: calm, say: silent });
    await expect(failing).rejects.toThrow(`${url}: no answer in 5 s`);
  });

  it("ends with the operator's interruption", async () => {
    const controller = new AbortController();
    const url = await serve(() => controller.abort(new Error("interrupted by SIGINT")));
    const release = { url, sha256: "0".repeat(64), member: "x" };
    const failing = fromRelease(release, { folder: temporaryFolder(), signal: controller.signal, say: silent });
    await expect(failing).rejects.toThrow("interrupted by SIGINT");
  });
});

async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  await new Promise((resolve) => server.close(resolve));
  return port;
}
