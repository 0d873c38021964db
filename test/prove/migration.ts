/**
 * Proves that a migration of all agents is carried through whatever is killed meanwhile, and takes back what does worse.
 * Run: `npm run prove:migration`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { leaveEvidence } from "../../ops/readiness/evidence.ts";
import { optionsOrEnd } from "../support/command-options.ts";
import { proveMigration } from "./migration/run.ts";

const help = `npm run prove:migration [-- --evidence dir]

Migrates all agents of the fleet in a pair of its own, kills the command and a hub meanwhile, and gives one agent a fault.

  --evidence dir  leave there what tandem readiness reads
`;
const values = optionsOrEnd("prove:migration", help, { evidence: { type: "string" } });
const dir = mkdtempSync(join(tmpdir(), "tandem-migration-"));
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
const { agents, done, tookMs, undoneAfterMs, undone, problems } = await proveMigration({
  dir,
  portOffset: 2_300,
  agents: "all",
  faulty: "pc2/UnifiedWebAgent",
  killCommandAt: /^mainpc\/SystemDigitalTwin: cutover/,
  killHubAt: /^mainpc\/NLUAgent: watch/,
  run: ["--watch", "3s", "--baseline", "2s", "--parallel", "12"],
  say: (line) => void process.stderr.write(`${line}\n`),
});
const lines = [
  `${done} of ${agents} agents migrated in ${seconds(tookMs)}, three runs together`,
  `taken back ${seconds(undoneAfterMs)} after its fault: ${undone}`,
  ...problems,
  problems.length === 0 ? "the proof holds" : `the proof fails; kept: ${dir}`,
];
process.stdout.write(`${lines.join("\n")}\n`);
leaveEvidence(values.evidence, "npm run prove:migration", {
  name: "prove-migration",
  ok: problems.length === 0,
  figures: { agents, done, tookMs, undoneAfterMs, problems: problems.length },
});
if (problems.length === 0) rmSync(dir, { recursive: true, force: true });
process.exit(problems.length === 0 ? 0 : 1);
