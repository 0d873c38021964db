/** The proof of durability beyond SIGKILL, as one: the trace where strace is there, and the lost disk of either machine. */
import { join } from "node:path";
import { BarePair } from "../../support/bare-pair.ts";
import { type LostDiskFindings, loseDisk } from "./lost-disk.ts";
import { straceProgram } from "./strace.ts";
import { type SyncedFindings, synced } from "./synced.ts";

export interface FsyncFindings {
  ok: boolean;
  /** Undefined when this computer has no strace. */
  synced: SyncedFindings | undefined;
  lostDisks: LostDiskFindings[];
}

export async function proveFsync(dir: string): Promise<FsyncFindings> {
  const pair = await BarePair.make(join(dir, "data"));
  try {
    await pair.start();
    const strace = straceProgram();
    const traced = strace === undefined ? undefined : await synced(pair, strace, dir);
    await pair.inSync();
    const lostDisks = [await loseDisk(pair, "mainpc"), await loseDisk(pair, "pc2")];
    const syncedWell =
      traced === undefined ||
      (traced.broken.length === 0 && traced.onBoth > 0 && traced.onOne > 0 && traced.inSpool > 0);
    const disksWell = lostDisks.every(({ peer, lost, unequal }) => peer > 0 && lost.length === 0 && unequal === "");
    return { ok: syncedWell && disksWell, synced: traced, lostDisks };
  } finally {
    await pair.stop();
  }
}

const shown = 5;

export function toText({ ok, synced: traced, lostDisks }: FsyncFindings): string {
  const trace =
    traced === undefined
      ? ["skipped: the trace of system calls (strace is not in PATH; it is a package of that name)"]
      : [
          `synced before the answer: ${traced.onBoth} pushes on both machines' disks (peer), ${traced.onOne} on one (local), ${traced.inSpool} in the spool of a hub without NATS; too early: ${traced.broken.length}`,
          ...traced.broken.slice(0, shown),
        ];
  const disks = lostDisks.flatMap(({ machine, peer, lost, unequal }) => [
    `disk of ${machine} taken away in sync: ${peer} pushes acknowledged peer, ${lost.length} lost`,
    ...lost.slice(0, shown),
    ...(unequal === "" ? [] : [unequal]),
  ]);
  return [...trace, ...disks, ok ? "the proof holds" : "THE PROOF FAILS"].join("\n");
}
