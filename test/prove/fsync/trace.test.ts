import { describe, expect, it } from "vitest";
import { readTrace, spoolWayOf, wayOf } from "./trace.ts";

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

  it("arrives with the second of two reads of its connection that have half of it each", () => {
    const first = '7 1.05 read(13<socket:[5]>, "HPUB … prove_fsync 47", 512) = 512';
    const second = '7 1.1 read(13<socket:[5]>, "11\\n", 1024) = 3';
    expect(way(first, second, written, synced, confirmed).kind).toBe("synced");
    expect(way(first, second.replace("[5]", "[6]"), written, synced, confirmed).kind).toBe("broken");
  });

  it("is confirmed when that begins, however late the end of it is seen", () => {
    const begun = confirmed.replace("], 1) = 60", "], 1 <unfinished ...>");
    const ended = "7 1.9 <... writev resumed>) = 60";
    expect(way(received, written, synced, begun, ended)).toEqual({ kind: "synced", confirmedAtS: 1.4 });
    const late = synced.replace("7 1.3", "8 1.5");
    expect(way(received, written, begun, late, ended)).toMatchObject({
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

describe("a push in a trace of a hub whose NATS is dead", () => {
  const spool = "/data/mainpc/spool/0000000000.spool";
  const arrives = '7 1.1 read(20<socket:[8]>, "PUT /metrics/job/a … 4711\\n", 65536) = 90';
  const spooled = `8 1.2 pwrite64(21<${spool}>, "… 4711 …", 60, 0) = 60`;
  const flushed = `8 1.3 fdatasync(21<${spool}>) = 0`;
  const answered = '7 1.4 write(20<socket:[8]>, "HTTP/1.1 200 OK", 60) = 60';
  const others = '7 1.15 write(22<socket:[9]>, "HTTP/1.1 200 OK", 60) = 60';
  const spoolWay = (...lines: string[]) => spoolWayOf("4711", readTrace(lines.join("\n")));

  it("is synced when the spool was before its own client's answer at 1.4 s", () => {
    expect(spoolWay(arrives, others, spooled, flushed, answered)).toEqual({ kind: "synced", confirmedAtS: 1.4 });
  });

  it.each([
    ["confirmed before it was synced", [arrives, spooled, answered, flushed]],
    ["confirmed before it was synced", [arrives, answered, spooled, flushed]],
    ["confirmed before it was synced", [arrives, spooled, flushed.replace(spool, "/elsewhere"), answered]],
    ["was not seen to be written", [arrives, flushed, answered]],
    ["was not seen to be confirmed", [arrives, spooled, flushed, others]],
  ])("is %s when the trace says so", (reason, lines) => {
    expect(spoolWay(...lines)).toMatchObject({ kind: "broken", reason: expect.stringContaining(reason) });
  });
});
