import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { plainProgress } from "../../../ops/terminal/progress.ts";
import { hasPseudoTerminal, keys, PseudoTerminal } from "../../support/pseudo-terminal.ts";

const module = join(import.meta.dirname, "..", "..", "..", "ops", "terminal", "progress.ts");

describe("progress without a terminal", () => {
  it("is one line a step as it begins, with what each says, and the results in order", async () => {
    const lines: string[] = [];
    const { steps } = plainProgress((line) => lines.push(line));
    const results = await steps([
      {
        title: "pc2: previewing",
        async work(say) {
          say("pc2: is not finished");
          return 2;
        },
      },
      { title: "mainpc: previewing", work: async () => 7 },
    ]);
    expect(results).toEqual([2, 7]);
    expect(lines).toEqual(["pc2: previewing", "pc2: is not finished", "mainpc: previewing"]);
  });

  it("says at the end of a step how long it took, unless it went ill", async () => {
    const lines: string[] = [];
    const { step } = plainProgress((line) => lines.push(line));
    const ended = (seconds: number) => `searched in ${seconds} s`;
    for (const isWell of [true, false])
      await step({ title: "searching", work: async () => {}, isWell: () => isWell, ended });
    expect(lines).toEqual(["searching", "searched in 0 s", "searching"]);
  });
});

describe.skipIf(!hasPseudoTerminal)("progress at a terminal", () => {
  let terminal: PseudoTerminal | undefined;
  afterEach(() => terminal?.end());

  /** @param body of a program that has `progress`; what it returns is shown behind an arrow */
  function run(body: string, json = false): PseudoTerminal {
    const program = `
      import { setTimeout as sleep } from "node:timers/promises";
      import { progressOf } from ${JSON.stringify(module)};
      const progress = progressOf({ json: ${json} });
      const shown = async () => { ${body} };
      console.log("=> " + (await shown().catch((error) => error.message)));`;
    terminal = new PseudoTerminal([process.execPath, "--input-type=module", "--eval", program]);
    return terminal;
  }
  /** The last of what was drawn. */
  const lastOf = (text: string, from: string) => text.slice(text.lastIndexOf(from));

  it("is a list with times, what was said below its step, and a cross at what went ill", async () => {
    const at = run(`return (await progress.steps([
      { title: "pc2: up", work: async (say) => { say("pc2: hub: is changed"); await sleep(300); return 1; } },
      { title: "pc2: verifying", work: async () => 2, isWell: (result) => result === 1 },
    ])).join();`);
    expect(await at.ended).toBe(0);
    expect(lastOf(at.text, "✔ pc2: up")).toMatch(
      /^✔ pc2: up \[0\.\ds\]\n {2}› pc2: hub: is changed\n✖ pc2: verifying\n=> 1,2\n$/,
    );
  });

  it("shows steps of a step as lines below it, and lines outside of any as they are", async () => {
    const at = run(`
      progress.say("before");
      await progress.step({ title: "outer", work: () => progress.step({ title: "inner", work: () => sleep(10) }) });
      progress.say("after");`);
    expect(await at.ended).toBe(0);
    expect(at.text).toMatch(/^before\n/);
    expect(lastOf(at.text, "✔ outer")).toMatch(/^✔ outer \[0\.\ds\]\n {2}› inner\nafter\n/);
  });

  it("throws what a step threw once all have ended", async () => {
    const at = run(`await progress.steps([
      { title: "bad", work: async () => { throw new Error("no way"); } },
      { title: "good", work: () => sleep(200) },
    ]);`);
    expect(await at.ended).toBe(0);
    expect(lastOf(at.text, "✖ bad")).toMatch(/^✖ bad\n✔ good \[0\.\ds\]\n=> no way\n$/);
  });

  it("ends at Ctrl-C with the cursor shown again", async () => {
    const at = run(`await progress.step({ title: "searching", work: () => sleep(30_000) });`);
    await at.type("searching", keys.ctrlC);
    expect(await at.ended).toBe(130);
    expect(at.raw.lastIndexOf("\u001b[?25h")).toBeGreaterThan(at.raw.lastIndexOf("\u001b[?25l"));
  });

  it("has no control characters when a program reads what comes out", async () => {
    const at = run(`await progress.step({ title: "searching", work: () => sleep(10) });`, true);
    expect(await at.ended).toBe(0);
    expect(at.raw).toBe("searching\r\n=> undefined\r\n");
  });
});
