/** That the fuzzing finds what is there: defects that were planted, each of its kind. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { keepFailure, readCorpus, replaceCorpus } from "../corpus.ts";
import { runTarget } from "../run-target.ts";
import { growthOf } from "./growth.ts";

const enough = { seed: 1, maxInputs: 5_000_000, maxMs: 200_000 };

it("finds a word of four letters by the blocks that lead to it, and says which bytes of the input are enough", {
  timeout: 300_000,
}, async () => {
  const { found, figures } = await runTarget({ target: "planted-word", ...enough });
  expect(found?.failure).toMatchObject({ kind: "thrown", text: expect.stringContaining("the planted word came") });
  expect(found?.input.toString()).toBe("leak");
  expect(figures.pool).toBeGreaterThanOrEqual(4);
});

it("knows time that grows by the square from time that grows with the input", { timeout: 300_000 }, async () => {
  const lookBehind = (input: Buffer, most: number) => {
    let depth = 0;
    for (let at = 0; at < input.length; at++)
      for (let behind = at; behind < Math.min(input.length, at + most); behind++) depth ^= input[behind] ?? 0;
    return depth === 1 ? "taken" : "refused";
  };
  const stretch = { input: Buffer.from("a{{b"), from: 1, to: 3 };
  const running = () => {};
  const square = await growthOf({ run: (input) => lookBehind(input, input.length) }, stretch, 131_072, running);
  expect(square).toMatchObject({ kind: "growth", text: expect.stringContaining("bytes 1 to 3 repeated") });
  expect(await growthOf({ run: (input) => lookBehind(input, 3_000) }, stretch, 131_072, running)).toBeUndefined();
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
