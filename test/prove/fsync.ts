/**
 * Proves what SIGKILL cannot: that answers wait for the disk. Traces of both nats-servers' system calls and of a hub's without one show each push
 * synced before its answer, and a machine whose disk is taken away in sync loses nothing. Run: `npm run prove:fsync`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { leaveEvidence } from "../../ops/readiness/evidence.ts";
import { optionsOrEnd } from "../support/command-options.ts";
import { proveFsync, toText } from "./fsync/run.ts";

const help = `npm run prove:fsync [-- --json] [--evidence dir]

Traces what the servers and a hub of a pair of its own write, and takes each machine's disk away.

  --json          one JSON object instead of the summary
  --evidence dir  leave there what tandem readiness reads
`;
const values = optionsOrEnd("prove:fsync", help, {
  json: { type: "boolean", default: false },
  evidence: { type: "string" },
});
const dir = mkdtempSync(join(tmpdir(), "tandem-fsync-"));
const findings = await proveFsync(dir);
process.stdout.write(`${values.json ? JSON.stringify(findings) : toText(findings)}\n`);
const { ok, synced, lostDisks } = findings;
leaveEvidence(values.evidence, "npm run prove:fsync", {
  name: "prove-fsync",
  ok,
  figures: {
    traced: synced === undefined ? 0 : 1,
    onBoth: synced?.onBoth ?? 0,
    inSpool: synced?.inSpool ?? 0,
    early: synced?.broken.length ?? 0,
    lost: lostDisks.reduce((sum, disk) => sum + disk.lost.length, 0),
  },
});
if (findings.ok) rmSync(dir, { recursive: true, force: true });
else process.stderr.write(`kept: ${dir}\n`);
process.exit(findings.ok ? 0 : 1);
