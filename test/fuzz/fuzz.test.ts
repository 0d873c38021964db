/** Every input that was kept, and some new ones of a fixed seed for each target: a part of what `npm run fuzz` does. */
import { describe, expect, it } from "vitest";
import { readCorpus } from "./corpus.ts";
import { runTarget } from "./run-target.ts";
import { targetNames } from "./targets/table.ts";

/** Printed with what fails; `npm run fuzz -- --seed` takes others. */
const seed = 20_260;
const overSockets = ["entrance", "router"];
const newInputs = 1_500;
/** Over real sockets an input takes some ms of waiting. */
const newInputsOverSockets = 60;
/** A slow machine tries fewer. */
const mostMs = 2_500;

describe(`what reads bytes of others, with seed ${seed}`, { timeout: 300_000 }, () => {
  it.each(targetNames)("%s throws nothing, keeps its laws and ends in time, whatever comes", async (target) => {
    const { inputs, stretches } = readCorpus(target);
    const more = overSockets.includes(target) ? newInputsOverSockets : newInputs;
    const { figures, found } = await runTarget({ target, seed, maxInputs: more, maxMs: mostMs });
    const what = `${found?.failure.text} (seed ${seed}): ${found?.input.toString("base64").slice(0, 4_000)}`;
    expect(found, what).toBeUndefined();
    expect(inputs.length + stretches.length, "the corpus is there").toBeGreaterThan(0);
    expect(figures.blocks, "blocks of the target were seen to run").toBeGreaterThan(5);
  });
});
