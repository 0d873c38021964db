import { createHash } from "node:crypto";
import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { TokenFile } from "../../../hub/access/token-file.ts";
import { OperatorTokens } from "../../../hub/core/access/tokens.ts";
import { until } from "../../support/until.ts";

function site() {
  const dir = mkdtempSync(join(tmpdir(), "tandem-tokens-"));
  const path = join(dir, "operators.json");
  const said: string[] = [];
  const fields: unknown[] = [];
  const say = (event: string, more?: unknown) => {
    said.push(event);
    fields.push(more);
  };
  const log = { debug: say, info: say, warn: say, error: say };
  const file = new TokenFile({ path, schema: OperatorTokens, log, lookEveryMs: 20 });
  onTestFinished(() => {
    file.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const write = (tokens: Record<string, string>, mode = 0o400) => {
    const hashed = Object.entries(tokens).map(([name, token]) => ({
      name,
      sha256: createHash("sha256").update(token).digest("hex"),
    }));
    writeFileSync(`${path}.new`, JSON.stringify({ v: 1, tokens: hashed }), { mode });
    chmodSync(`${path}.new`, mode);
    renameSync(`${path}.new`, path);
  };
  return { file, path, write, said, fields };
}

it("a token lets in who holds it, and a renewed file counts without a restart", async () => {
  const { file, write } = site();
  write({ ann: "a long secret" });
  await file.open();
  expect(file.holderOf("a long secret")?.name).toBe("ann");
  expect(file.holderOf("another")).toBeUndefined();
  write({ bob: "another" });
  await until("the new file", () => file.holderOf("another")?.name === "bob");
  expect(file.holderOf("a long secret")).toBeUndefined();
});

it("a file that is missing, is none, or that others may read lets nobody in, is said once, and counts when it is mended", async () => {
  const { file, path, write, said } = site();
  await file.open();
  expect(file.holderOf("a long secret")).toBeUndefined();
  write({ ann: "a long secret" }, 0o440);
  await until("it to be looked at", () => said.length === 2);
  expect(file.holderOf("a long secret")).toBeUndefined();
  write({ ann: "a long secret" });
  await until("it to be read", () => file.holderOf("a long secret") !== undefined);
  writeFileSync(`${path}.new`, "{", { mode: 0o400 });
  renameSync(`${path}.new`, path);
  await until("nobody to be let in", () => file.holderOf("a long secret") === undefined);
  expect(said).toEqual(["tokens.unreadable", "tokens.unreadable", "tokens.read", "tokens.unreadable"]);
});

it("a file in which two names have one token lets nobody in, and the log names both", async () => {
  const { file, write, said, fields } = site();
  write({ ann: "a long secret", bob: "a long secret" });
  await file.open();
  expect(file.holderOf("a long secret")).toBeUndefined();
  expect(said).toEqual(["tokens.unreadable"]);
  expect(fields).toMatchObject([{ error: expect.stringContaining("ann and bob have one and the same token") }]);
});
