import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { hasPseudoTerminal, keys, PseudoTerminal } from "../../support/pseudo-terminal.ts";

const ops = join(import.meta.dirname, "..", "..", "..", "ops");
const imports = `
  import { agreed, typed } from ${JSON.stringify(join(ops, "terminal", "confirmation.ts"))};
  import { listenForEnd } from ${JSON.stringify(join(ops, "deploy", "listen-for-end.ts"))};`;

describe.skipIf(!hasPseudoTerminal)("a confirmation at a terminal", () => {
  let terminal: PseudoTerminal | undefined;
  afterEach(() => terminal?.end());

  /** @param expression whose value is shown behind an arrow */
  function ask(expression: string): PseudoTerminal {
    const program = `${imports}\nconsole.log("=>", await (${expression}));`;
    terminal = new PseudoTerminal([process.execPath, "--input-type=module", "--eval", program]);
    return terminal;
  }

  it.each([
    ["yes", "deploy", true],
    ["no", "deply", false],
    ["no", "", false],
  ])("is a %s when the word is typed as `%s`", async (_, word, expected) => {
    const at = ask(`typed("deploy", "This changes pc2")`);
    await at.type("This changes pc2. Type deploy to go on", `${word}${keys.enter}`);
    expect(await at.ended).toBe(0);
    expect(at.text).toContain(`=> ${expected}\n`);
  });

  it("by Enter alone is a no, and by y a yes", async () => {
    for (const [key, expected] of [
      [keys.enter, false],
      ["y", true],
    ] as const) {
      const at = ask(`agreed("mainpc: chmod 0400 /etc/tandem/hub.seed")`);
      await at.type("mainpc: chmod 0400 /etc/tandem/hub.seed?", key);
      expect(await at.ended).toBe(0);
      expect(at.text).toContain(`=> ${expected}\n`);
    }
  });

  it("ends the command at Ctrl-C where nothing is to be put in order", async () => {
    const at = ask(`typed("unlock", "Two deployments at once leave a machine in between")`);
    await at.type("Type unlock to go on", keys.ctrlC);
    expect(await at.ended).toBe(130);
    expect(at.text).not.toContain("=>");
  });

  it("tells at Ctrl-C whoever listens, and is a no", async () => {
    const at = ask(`(async () => {
      const signal = listenForEnd({ kill() {} }, console.log);
      return [await typed("deploy", "This changes pc2", signal), signal.aborted].join();
    })()`);
    await at.type("Type deploy to go on", keys.ctrlC);
    expect(await at.ended).toBe(0);
    expect(at.text).toContain("=> false,true\n");
  });
});
