/** Prints what a series of a push costs: to parse, to check and apply, and to show. Run: `node test/bench/parse.ts`. */
import { parseExposition } from "../../hub/core/exposition/parse.ts";
import { Fold } from "../../hub/core/fold/fold.ts";
import type { Group } from "../../hub/core/group-path.ts";
import type { Push } from "../../hub/core/record.ts";

const groups = 200;
const seriesPerGroup = 100;

/** Ten families of ten series, as a client library writes them; `round` makes each push a new text. */
function body(round: number): string {
  const families = Array.from({ length: 10 }, (_, family) => {
    const name = `app_requests_${family}_total`;
    const lines = Array.from(
      { length: seriesPerGroup / 10 },
      (_, i) => `${name}{method="GET",path="/api/v1/items/${i}",status="200"} ${round * 1000 + i}.5\n`,
    );
    return `# HELP ${name} Requests answered.\n# TYPE ${name} counter\n${lines.join("")}`;
  });
  return families.join("");
}

function group(i: number): Group {
  return [
    ["job", "worker"],
    ["instance", `machine-${i}:9000`],
  ];
}

function report(what: string, startedMs: number, count: number, unit: string): void {
  const us = ((performance.now() - startedMs) * 1000) / count;
  console.log(`${what.padEnd(36)} ${us.toFixed(3).padStart(9)} us per ${unit}`);
}

for (const pass of ["warm-up", "measured"]) {
  console.log(`-- ${pass}: ${groups} groups of ${seriesPerGroup} series`);
  const bodies = Array.from({ length: 5 * groups }, (_, round) => body(round));
  let at = performance.now();
  for (const text of bodies) parseExposition(text);
  report("parse", at, bodies.length * seriesPerGroup, "series");

  const fold = new Fold();
  const pushes = bodies.map((text, i): Push => {
    return { kind: "push", at: { wallMs: 1 + i, counter: 0 }, op: "put", group: group(i % groups), body: text };
  });
  at = performance.now();
  for (const push of pushes) {
    fold.check(push);
    fold.apply(push, "mainpc");
  }
  report("check and apply, own push", at, pushes.length * seriesPerGroup, "series");

  const other = new Fold();
  at = performance.now();
  for (const push of pushes) other.apply(push, "mainpc");
  report("apply, the peer's push", at, pushes.length * seriesPerGroup, "series");

  at = performance.now();
  const { length } = fold.metricsText();
  report(`metrics text, first, ${length} bytes`, at, 1, "scrape");
  at = performance.now();
  fold.metricsText();
  report("metrics text, unchanged", at, 1, "scrape");
  fold.apply({ ...(pushes[0] as Push), at: { wallMs: 1e9, counter: 0 } }, "mainpc"); // the list is not empty
  at = performance.now();
  fold.metricsText();
  report("metrics text, one group changed", at, 1, "scrape");
  at = performance.now();
  for (const { key } of fold.groups()) fold.groupText(key);
  report("group text", at, groups, "group");
}
