import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type NatsPair, startNatsPair } from "../../support/nats-pair.ts";
import { RecordsSide } from "../../support/records-side.ts";
import { until } from "../../support/until.ts";

describe("records that this machine's NATS has stored without having said so yet, and that the peer has copied", () => {
  let pair: NatsPair;
  let folder: string;
  let side: RecordsSide;

  beforeEach(async () => {
    pair = await startNatsPair();
    folder = mkdtempSync(join(tmpdir(), "tandem-own-records-"));
    side = await RecordsSide.start("mainpc", pair, { spool: { path: folder } });
    await side.push(5);
  });

  afterEach(async () => {
    pair.mainpc.thaw();
    await side.stop();
    await pair.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The peer says that it holds so many of mainpc's records. */
  const heard = (count: number) => {
    const beat = {
      v: 1 as const,
      machine: "pc2",
      incarnation: "i",
      counter: 1,
      wallMs: Date.now(),
      lagMs: 0,
      agents: [],
    };
    side.records.heardPeer({ ...beat, copied: {}, holdings: { "metrics/mainpc": { count, holes: 0 } } });
    return side.line("mainpc")?.missing;
  };

  it("are not lost: neither on their way nor in the spool, but what goes beyond them is", async () => {
    pair.mainpc.freeze();
    const push = { kind: "push" as const, op: "put" as const, body: "sixth 1\n" };
    const outcome = side.records.append("metrics", { ...push, group: [["job", "sixth"]] });
    // The journal sends in the next turn of the event loop.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([heard(6), heard(7)]).toEqual([0, 1]);
    expect((await outcome).kind).toBe("spooled");
    expect([heard(6), heard(7)]).toEqual([0, 1]);
    pair.mainpc.thaw();
    await until("an empty spool", () => side.records.spooled("metrics") === 0);
    expect([heard(6), heard(7)]).toEqual([0, 1]);
  });
});
