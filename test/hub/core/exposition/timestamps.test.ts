import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderFamily } from "../../../../hub/core/exposition/render.ts";
import { withoutTimestamps } from "../../../../hub/core/exposition/timestamps.ts";
import { family } from "./arbitrary-family.ts";

describe("a text without its timestamps", () => {
  it.each([
    ["up 1 1700000000000\n", "up 1\n"],
    ["up 1 -5\n", "up 1\n"],
    ["  up\t1\t1700000000000  \n", "  up\t1\n"],
    ['up{a="b"} 1 1700000000000\nup{a="c"} 2\n', 'up{a="b"} 1\nup{a="c"} 2\n'],
    ['up{a="b"}1 17\n', 'up{a="b"}1\n'],
    ["up 17 17\n", "up 17\n"],
    ["up 1 17", "up 1"],
  ])("is %j as %j", (timed, plain) => {
    expect(withoutTimestamps(timed)).toBe(plain);
  });

  it.each([
    "up 1700000000000\n",
    'up{a="} 1 2"} 3\n',
    'up{a="b 1 2"} 3\n',
    "# up 1 17\n",
    "# HELP up 1 17\n",
    "up 1 17 18\n",
    "up 1 1.5e9\n",
    "Error 500 came back\n",
    "\n\n",
    "",
  ])("leaves %j as it is", (text) => {
    expect(withoutTimestamps(text)).toBe(text);
  });

  it("is, for any family, what it was before each line got one", () => {
    fc.assert(
      fc.property(family, fc.maxSafeInteger(), (each, time) => {
        const text = renderFamily(each);
        const timed = text.replace(/^(?!#)(.*)$/gm, (line) => (line === "" ? "" : `${line} ${time}`));
        expect(withoutTimestamps(timed)).toBe(text);
        expect(withoutTimestamps(text)).toBe(text);
      }),
    );
  });

  it("takes a line of a million braces in one pass", () => {
    const line = `up{${"}".repeat(1_000_000)} 1\n`;
    expect(withoutTimestamps(line)).toBe(line);
  });
});
