import { describe, expect, it } from "vitest";
import { readTrace, wayOf } from "./trace.ts";

const file = "/data/streams/observability-metrics/msgs/1.blk";
const received = '7 1.1 read(13<socket:[5]>, "HPUB … prove_fsync 4711\\n", 512) = 40';
const written = `7 1.2 pwrite64(12<${file}>, "… prove_fsync 4711 …", 40, 0) = 40`;
const synced = `7 1.3 fsync(12<${file}>) = 0`;
const confirmed =
  '7 1.4 writev(13<socket:[5]>, [{iov_base="MSG … {\\"stream\\":\\"observability-metrics\\",\\"seq\\":2}"}], 1) = 60';
const way = (...lines: string[]) => wayOf("4711", "observability-metrics", readTrace(lines.join("\n")));

describe("a push in a trace of nats-server", () => {
  it("is synced when its file was, between the write and the confirmation at 1.4 s", () => {
    expect(way(received, written, synced, confirmed)).toEqual({ kind: "synced", confirmedAtS: 1.4 });
  });

  it("is synced when the sync was interrupted by another thread and resumed before the confirmation", () => {
    const begun = `7 1.3 fsync(12<${file}> <unfinished ...>`;
    const other = "8 1.31 fsync(20</elsewhere>) = 0";
    const resumed = "7 1.35 <... fsync resumed>) = 0";
    expect(way(received, written, begun, other, resumed, confirmed).kind).toBe("synced");
    expect(way(received, written, begun, other, confirmed, resumed)).toMatchObject({
      reason: expect.stringContaining("confirmed before it was synced"),
    });
  });

  it.each([
    ["confirmed before it was synced", [received, written, confirmed, synced]],
    ["confirmed before it was synced", [received, written, confirmed]],
    ["confirmed before it was synced", [received, synced, written, confirmed]],
    ["confirmed before it was synced", [received, written, synced.replace("= 0", "= -1 EIO"), confirmed]],
    ["confirmed before it was synced", [received, written, synced.replace(file, "/other.blk"), confirmed]],
    ["was not seen to be written", [received, synced, confirmed]],
    ["was not seen to arrive", [written, synced, confirmed]],
    ["was not seen to be confirmed", [received, written, synced]],
  ])("is %s when the trace says so", (reason, lines) => {
    expect(way(...lines)).toMatchObject({ kind: "broken", reason: expect.stringContaining(reason) });
  });
});
