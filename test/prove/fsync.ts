/**
 * Proves what SIGKILL cannot: that answers wait for the disk. Traces of both nats-servers' system calls and of a hub's without one show each push
 * synced before its answer, and a machine whose disk is taken away in sync loses nothing. Run: `npm run prove:fsync`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { leaveEvidence } from "../../ops/readiness/evidence.ts";
import { proveFsync, toText } from "./fsync/run.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    /** Folder for what `tandem readiness` reads. */
    evidence: { type: "string" },
  },
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
