import fc from "fast-check";
import { expect, it } from "vitest";
import { parseExposition } from "../../../../hub/core/exposition/parse.ts";
import { renderFamily } from "../../../../hub/core/exposition/render.ts";
import { family } from "./arbitrary-family.ts";

function rendered(text: string): string {
  const parsed = parseExposition(text);
  return parsed.ok ? parsed.families.map(renderFamily).join("") : `line ${parsed.line}: ${parsed.reason}`;
}

it("what is rendered is read back as it was, and rendered to the same bytes again", () => {
  fc.assert(
    fc.property(family, (each) => {
      const text = renderFamily(each);
      expect(parseExposition(text)).toEqual({ ok: true, families: [each] });
      expect(rendered(text)).toBe(text);
    }),
    { numRuns: 500 },
  );
});

it("any text is either read or refused with a line and a reason", () => {
  const character = fc.constantFrom(...'ab{}=",# \n\\19.+-NaIinfHELPTYP_', "\t");
  fc.assert(
    fc.property(fc.string({ unit: character }), (text) => {
      const parsed = parseExposition(text);
      if (parsed.ok) expect(rendered(rendered(text))).toBe(rendered(text));
      else expect(parsed.reason).not.toBe("");
    }),
    { numRuns: 2_000 },
  );
});

it("the parts of a histogram are one metric, a sum and a count without a declaration are two", () => {
  const lines = 'x_bucket{le="1"} 2\nx_sum 3.5\nx_count 4\n';
  expect(rendered(`# TYPE x histogram\n${lines}`)).toBe(
    '# TYPE x histogram\nx_bucket{le="1"} 2\nx_bucket{le="+Inf"} 4\nx_sum 3.5\nx_count 4\n',
  );
  expect(rendered(lines)).toBe(
    '# TYPE x_bucket untyped\nx_bucket{le="1"} 2\n# TYPE x_sum untyped\nx_sum 3.5\n# TYPE x_count untyped\nx_count 4\n',
  );
});

it("the lines of two summaries may come mixed and with their labels in any order", () => {
  const text = `# TYPE s summary
s_sum{a="1",b="2"} 1
s_sum{a="2",b="2"} 2
s{b="2",quantile="0.5",a="1"} 3
s_count{b="2",a="2"} 4
`;
  expect(rendered(text)).toBe(`# TYPE s summary
s{a="1",b="2",quantile="0.5"} 3
s_sum{a="1",b="2"} 1
s_count{a="1",b="2"} 0
s_sum{a="2",b="2"} 2
s_count{a="2",b="2"} 4
`);
});

it.each([
  ["a 1", "line 1: the text ends inside a line"],
  ["a 1\nb 2 3\n", 'line 2: a pushed metric may have no timestamp, found "3" after the value'],
  ["a 1 \n", "line 1: blanks after the value"],
  ["a one\n", 'line 1: the value must be a number, got "one"'],
  ["# TYPE a gauge\n# TYPE a gauge\n", "line 2: second TYPE line for a"],
  ["# HELP a b\n# HELP a b\n", "line 2: second HELP line for a"],
  ["# TYPE a meter\n", 'line 1: unknown type "meter"; known are counter'],
  ["1a 1\n", 'line 1: expected a metric name at the start of the line, found "1"'],
  ['a{x="1" 1\n', 'line 1: expected , or } after a label of a, found "1"'],
  ['a{x="1",x="2"} 1\n', "line 1: a has the label x twice"],
  ['a{x="1\n', "line 1: the value of x has no closing quote"],
  ["a{x", "line 1: expected = after the label x, found the end of the text"],
  ['# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="1.0"} 2\n', "line 3: h has the same bucket or quantile twice"],
  ["# TYPE h histogram\nh_count -1\n", "line 2: h has the count -1; a count lies between 0 and 2^64"],
])("%j is refused: %s", (text, reason) => {
  expect(rendered(text)).toContain(reason);
});
