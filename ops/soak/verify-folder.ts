/** Holds a run's folder, and the copies kept at the hubs, against what was signed. */
import { OperatorError } from "../error.ts";
import { fingerprintOf } from "./checkpoint.ts";
import { type AskedCopies, askCopies } from "./copies.ts";
import { observedMsOf, type Run, type RunLines, readCheckpoints, readLines, readRun } from "./run-files.ts";
import { askedMsOf, type Settings } from "./settings.ts";
import { trustHubsOf } from "./target.ts";
import { type Chain, type Problem, verifyChain } from "./verify.ts";
import { wrongReports } from "./verify-reports.ts";

/** What whoever verifies knows from elsewhere: all else is said by the folder itself. */
export interface Known {
  /** Public key, or its fingerprint. */
  key?: string;
  hubUrls?: readonly string[];
}

export interface Verified {
  checkpoints: number;
  /** Of the key that signed. */
  fingerprint: string;
  /** Those that hold a copy. */
  hubs: number;
  unvouched: Chain["unvouched"];
  problems: Problem[];
  /** What was not compared, and why: it says nothing against the folder, nor for it. */
  notes: string[];
}

export async function verifyFolder(dir: string, { key, hubUrls }: Known = {}): Promise<Verified> {
  const lines = readLines(dir);
  const { settings, sliceLines: slices, eventLines: events } = lines;
  const checkpoints = readCheckpoints(dir);
  trustHubsOf(settings.target);
  const asked = await askCopies(settings.run, hubUrls ?? settings.hubUrls);
  const { copies } = asked;
  const chain = verifyChain({ settings, checkpoints, copies, slices, events });
  const { problems, unvouched } = chain;
  const fingerprint = fingerprintOf(settings.publicKey);
  if (key !== undefined && key !== settings.publicKey && key !== fingerprint)
    problems.push({ of: "soak.json", what: `names the key ${fingerprint}, and not ${key}` });
  if (hubUrls !== undefined && copies.length === 0)
    problems.push({ of: "no hub", what: `answers at ${hubUrls.join(" and ")}` });
  problems.push(...wrongAtTheEnd(dir, lines, chain));
  return {
    checkpoints: checkpoints.size,
    fingerprint,
    hubs: copies.filter(({ copy }) => copy !== undefined).length,
    unvouched,
    problems,
    notes: notCompared(settings, asked, hubUrls !== undefined),
  };
}

/** Copies of a pair of its own end with it, and a run whose hubs take no orders has none. */
function notCompared({ copies: kept, target }: Settings, { copies, silent }: AskedCopies, isNamed: boolean): string[] {
  const disbelieved = silent.filter(({ hubUrl, why }) => hubUrl.startsWith("https:") && /certificate/i.test(why));
  const notes = disbelieved.map(
    ({ why }) => `${why}: its copy was not compared; TANDEM_CA_FILE may name the file of its CA`,
  );
  const isExpected = isNamed || (kept && target.kind !== "own-pair");
  if (copies.length === 0 && isExpected) {
    const others = silent.filter((one) => !disbelieved.includes(one)).map(({ why }) => ` (${why})`);
    notes.push(`no hub answered: the copies that they keep were not compared${others.join("")}`);
  }
  return notes;
}

/** While a run goes on, its last lines wait for their checkpoint. */
function wrongAtTheEnd(dir: string, lines: RunLines, { unvouched, ends }: Chain): Problem[] {
  let run: Run;
  try {
    run = readRun(dir, lines);
  } catch (error) {
    if (error instanceof OperatorError) return [{ of: "the report", what: `cannot be made again: ${error.message}` }];
    throw error;
  }
  const isOver = observedMsOf(run.slices) >= askedMsOf(run.settings);
  const tooMany = (of: string, count: number) => {
    const what = `has lines at its end that no checkpoint vouches for, although the run is over: ${count}`;
    return isOver && count > 0 ? [{ of, what }] : [];
  };
  return [
    ...tooMany("slices.jsonl", unvouched.slices),
    ...tooMany("events.jsonl", unvouched.events),
    ...wrongReports(dir, run, { ends }),
  ];
}
