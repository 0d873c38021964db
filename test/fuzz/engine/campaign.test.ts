/** That the fuzzing finds what is there: defects that were planted, each of its kind. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { keepFailure, readCorpus, replaceCorpus } from "../corpus.ts";
import { runTarget } from "../run-target.ts";

const enough = { seed: 1, maxInputs: 5_000_000, maxMs: 200_000 };

it("finds a word of four letters by the blocks that lead to it, and says which bytes of the input are enough", {
  timeout: 300_000,
}, async () => {
  const { found, figures } = await runTarget({ target: "planted-word", ...enough });
  expect(found?.failure).toMatchObject({ kind: "thrown", text: expect.stringContaining("the planted word came") });
  expect(found?.input.toString()).toBe("leak");
  expect(figures.pool).toBeGreaterThanOrEqual(4);
});

it("finds that time grows by the square, and which part of the input does it", { timeout: 300_000 }, async () => {
  const { found } = await runTarget({ target: "planted-square", ...enough });
  expect(found?.failure.kind).toBe("growth");
  const { from = 0, to = 0 } = found?.stretch ?? {};
  expect(found?.input.subarray(from, to).toString("latin1")).toContain("{");
});

it("ends when it is told to, with what it has until then", async () => {
  const stop = new AbortController();
  const run = runTarget({
    ...enough,
    target: "text",
    maxInputs: Number.MAX_SAFE_INTEGER,
    signal: stop.signal,
    progress: () => stop.abort(),
  });
  const { found, figures } = await run;
  expect(found).toBeUndefined();
  expect(figures.inputs).toBeGreaterThan(0);
});

it("a corpus gives back what was kept, and what has failed outlives its replacement", () => {
  const dir = mkdtempSync(join(tmpdir(), "tandem-corpus-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const failure = { kind: "thrown", text: "", signature: "" } as const;
  const inputs = [Buffer.from("plain\n"), Buffer.from([0xff, 0]), Buffer.from("\r\u2028")];
  for (const input of inputs) keepFailure("t", { failure, input }, dir);
  keepFailure("t", { failure, input: Buffer.from("abc"), stretch: { from: 1, to: 2 } }, dir);
  replaceCorpus("t", [Buffer.from("old"), Buffer.from("plain\n")], dir);
  replaceCorpus("t", [Buffer.from("new")], dir);
  const { inputs: read, stretches } = readCorpus("t", dir);
  expect(read.map((input) => input.toString("hex")).toSorted()).toEqual(
    [...inputs, Buffer.from("new")].map((input) => input.toString("hex")).toSorted(),
  );
  expect(stretches).toEqual([{ input: Buffer.from("abc"), from: 1, to: 2 }]);
});
