/** Reads vitest's JSON results for .ci/run: which files failed, and how a run with its repetition ended. */
const { existsSync, readFileSync } = require("node:fs");
const { relative } = require("node:path");

const [verb, ...args] = process.argv.slice(2);
if (verb === "failed-files") for (const file of failedFiles(read(args[0]))) console.log(file);
if (verb === "close") process.exitCode = close(...args);

function read(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    // The checks failed, or the runner died.
    return undefined;
  }
}

function failedFiles(results) {
  const failed = (results?.testResults ?? []).filter(({ status }) => status === "failed");
  return failed.map(({ name }) => relative(process.cwd(), name));
}

/** Failures of the first run that hold: all of them, unless the files that failed passed when they ran alone. */
function close(code, path, againCode, againPath) {
  const again = existsSync(againPath) ? read(againPath) : undefined;
  const all = read(path) ?? again;
  let passed = all?.numPassedTests ?? 0;
  let failed = all?.numFailedTests ?? 0;
  const skipped = (all?.numPendingTests ?? 0) + (all?.numTodoTests ?? 0);
  let clean = code === "0" && passed > 0;
  if (!clean && again !== undefined) {
    const names = (all?.testResults ?? []).flatMap(({ assertionResults }) =>
      assertionResults.filter(({ status }) => status === "failed").map(({ fullName }) => fullName),
    );
    for (const name of names) console.log(`failed in the first run: ${name}`);
    clean = againCode === "0" && again.numPassedTests > 0;
    console.log(clean ? "what failed passed when it ran again" : "it failed again");
    if (clean) passed = all.numTotalTests - skipped;
    failed = clean ? 0 : again.numFailedTests;
  }
  // A run that died before its results counts as one failure, and so does one that failed beside its tests.
  if (!clean) failed = Math.max(failed, 1);
  if (skipped > 0) console.log(`${skipped} skipped`);
  console.log(`${passed} passed, ${failed} failed`);
  return clean ? 0 : 1;
}
