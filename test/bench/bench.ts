/**
 * Measures the hub against a real Pushgateway and writes docs/benchmarks.md. Run: `npm run bench` (about six minutes);
 * `-- --quick` for a look that writes nothing, `-- --out FILE` writes elsewhere, `-- --json` prints the figures.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { benchmarksPage, withPartsOf } from "./parts.ts";
import { report } from "./push/report.ts";
import { bench } from "./push/run.ts";
import { full, quick } from "./push/sizes.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    out: { type: "string" },
    json: { type: "boolean", default: false },
  },
});

const say = (line: string) => void process.stderr.write(`${line}\n`);
const figures = await bench(values.quick ? quick : full, values.quick, say);
const text = report(figures);
const out = values.out ?? (values.quick ? undefined : benchmarksPage);
if (out !== undefined) writeFileSync(out, withPartsOf(out, text));
process.stdout.write(values.json ? `${JSON.stringify(figures)}\n` : text);
process.exit();
