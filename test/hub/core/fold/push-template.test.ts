import fc from "fast-check";
import { expect, it } from "vitest";
import { prepareBody } from "../../../../hub/core/fold/prepare.ts";
import { PushTemplate } from "../../../../hub/core/fold/push-template.ts";
import { type Group, parseGroupPath } from "../../../../hub/core/group-path.ts";
import { rawPush } from "../../http/push-api-arbitrary.ts";

const values = ["0", "1", "-2.5", "1e3", "NaN", "+Inf", " 7", "7 ", "x", "", "1 2", "\t3", "123456789012345678"];

/** The body with other values, some of which are none, and with a character changed or not. */
const changed = (body: string) =>
  fc
    .tuple(
      fc.array(fc.constantFrom(...values), { minLength: 1 }),
      fc.nat(),
      fc.constantFrom("", "", "", "a", " ", "\n", "#"),
    )
    .map(([others, at, character]) => {
      let next = 0;
      const lines = body.split("\n").map((line) => {
        const valueAt = line.lastIndexOf(" ") + 1;
        if (line === "" || line.startsWith("#") || valueAt === 0) return line;
        return line.slice(0, valueAt) + others[next++ % others.length];
      });
      const text = lines.join("\n");
      if (character === "") return text;
      const place = at % (text.length + 1);
      return text.slice(0, place) + character + text.slice(place + 1);
    });

const groupOf = (path: string): Group => {
  const parsed = parseGroupPath(path);
  return parsed.ok ? parsed.group : [["job", "j"]];
};

it("what a template says of a body is what the whole reading says, or nothing", () => {
  let filled = 0;
  fc.assert(
    fc.property(
      rawPush.chain(({ path, body }) => fc.tuple(fc.constant(groupOf(path)), fc.constant(body), changed(body))),
      ([group, body, other]) => {
        const prepared = prepareBody(group, body);
        fc.pre(prepared.ok);
        const template = PushTemplate.of(body, prepared.families);
        for (const each of [body, other]) {
          const families = template?.fill(each);
          if (families === undefined) continue;
          filled++;
          expect({ ok: true, families }).toEqual(prepareBody(group, each));
        }
      },
    ),
    { numRuns: 3_000 },
  );
  expect(filled).toBeGreaterThan(300);
});

it("a body of plain series is filled in when only its values differ", () => {
  const text = (a: string, b: string) =>
    `# HELP up Is it up?\n# TYPE up gauge\nup{at="a b"} ${a}\n\nplain ${b}\n# end\n`;
  const prepared = prepareBody([["job", "j"]], text("1", "2"));
  const template = prepared.ok ? PushTemplate.of(text("1", "2"), prepared.families) : undefined;
  expect(template?.fill(text("0", "1e9"))?.map((family) => family.text)).toEqual([
    'up{at="a b",instance="",job="j"} 0\n',
    'plain{instance="",job="j"} 1e+09\n',
  ]);
});
