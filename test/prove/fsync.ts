/**
 * Proves what SIGKILL cannot: that answers wait for the disk. A trace of both nats-servers' system calls shows each push synced
 * before its answer, and a machine whose disk is taken away in sync loses nothing. Run: `npm run prove:fsync`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { proveFsync, toText } from "./fsync/run.ts";

const dir = mkdtempSync(join(tmpdir(), "tandem-fsync-"));
const findings = await proveFsync(dir);
process.stdout.write(`${process.argv.includes("--json") ? JSON.stringify(findings) : toText(findings)}\n`);
if (findings.ok) rmSync(dir, { recursive: true, force: true });
else process.stderr.write(`kept: ${dir}\n`);
process.exit(findings.ok ? 0 : 1);
