/** Measures the hub against a real Pushgateway and writes docs/benchmarks.md. Run: `npm run bench`. */
import { writeFileSync } from "node:fs";
import { optionsOrEnd } from "../support/command-options.ts";
import { benchmarksPage, withPartsOf } from "./parts.ts";
import { report } from "./push/report.ts";
import { bench } from "./push/run.ts";
import { full, quick } from "./push/sizes.ts";

const help = `npm run bench [-- --quick] [--out FILE] [--json]

Writes its part of docs/benchmarks.md, in about six minutes.

  --quick     a look that writes nothing
  --out file  write there instead
  --json      one JSON object instead of the text
`;
const values = optionsOrEnd("bench", help, {
  quick: { type: "boolean", default: false },
  out: { type: "string" },
  json: { type: "boolean", default: false },
});

const say = (line: string) => void process.stderr.write(`${line}\n`);
const figures = await bench(values.quick ? quick : full, values.quick, say);
const text = report(figures);
const out = values.out ?? (values.quick ? undefined : benchmarksPage);
if (out !== undefined) writeFileSync(out, withPartsOf(out, text));
process.stdout.write(values.json ? `${JSON.stringify(figures)}\n` : text);
process.exit();
