/** Whether a copy is where its origin is, and what it holds. */
import { until } from "../../support/until.ts";
import type { CopyPath } from "./copy-path.ts";
import type { Writer } from "./writer.ts";

/** Waits until the copy's last batch is the writer's last. */
export async function settled(path: CopyPath, writer: Writer, deadlineMs: number): Promise<void> {
  await until(
    `the ${path.name}`,
    async () => {
      const last = await path.last();
      return last?.incarnation === writer.incarnation && writer.numberOf(last) >= writer.written;
    },
    deadlineMs,
  );
}

/** How many of an incarnation's batches the copy holds, each counted once. */
export async function held(path: CopyPath, incarnation: string): Promise<number> {
  const batches = await path.all();
  return new Set(batches.filter((batch) => batch.incarnation === incarnation).map((batch) => batch.firstSeq)).size;
}
