/** Files that a crash or a bad disk may have left in any state: the spool's, and the logs of minutes. */
import { checkedLine, readCheckedLines } from "../../../hub/io/checked-lines.ts";
import { encodeFrame, scanFrames } from "../../../hub/io/spool-frames.ts";
import { holds, type Outcome, same, type Target } from "../engine/target.ts";

/** Frames, stretches of damage and the tail together are the file, in its order and each byte once. */
function spool(input: Buffer): Outcome {
  const { frames, damages, tail } = scanFrames(input, 100);
  const damaged = damages.reduce((sum, { bytes }) => sum + bytes, 0);
  const encoded = frames.map(({ kind, records, atMs, payload }) => encodeFrame(kind, records, atMs, payload));
  const whole = encoded.reduce((sum, { length }) => sum + length, 0);
  holds(whole + damaged + tail.bytes === input.length, "bytes are told of twice, or not at all");
  holds(tail.offset + tail.bytes === 100 + input.length, "the tail does not end with the file");
  for (const [i, { endOffset }] of frames.entries()) {
    const frame = input.subarray(endOffset - 100 - (encoded[i]?.length ?? 0), endOffset - 100);
    // A NaN may be written otherwise than it was read.
    if (!Number.isNaN(frames[i]?.atMs)) same(frame, encoded[i], "a frame written again");
  }
  same(scanFrames(Buffer.concat(encoded)).frames.length, frames.length, "frames without the damage");
  return frames.length > 0 ? "taken" : "refused";
}

function minutes(input: Buffer): Outcome {
  const { values, damaged } = readCheckedLines(input.toString());
  const again = readCheckedLines(values.map(checkedLine).join(""));
  same(again, { values, damaged: 0 }, "lines written again");
  return damaged === 0 && values.length > 0 ? "taken" : "refused";
}

const frame = encodeFrame("metrics", 2, 1_700_000_000_000, Buffer.from('{"v":2}\nTSP1'));
const line = checkedLine({ at: 1_700_000_000_000, values: [1, 2, null] });

export const targets: readonly Target[] = [
  {
    name: "spool",
    about: "the frames of a spool's file, whole and damaged",
    form: "bytes",
    tokens: ["TSP1", "\0\0\0\0"],
    seeds: () => [
      Buffer.concat([frame, frame]),
      Buffer.concat([frame.subarray(3), frame, frame.subarray(0, 30)]),
      Buffer.concat([Buffer.from("TSP1TSP1"), frame]),
    ],
    covers: /^hub\/io\/(spool-frames|crc-of-ranges)/,
    stretchBytes: 524_288,
    open: () => ({ run: spool }),
  },
  {
    name: "minutes",
    about: "the lines with checksums of history and objectives",
    form: "bytes",
    tokens: [line, "\n", "00000000 ", "null"],
    seeds: () => [line + line, `${line.slice(4)}\n${line}`],
    covers: /^hub\/io\/checked-lines/,
    open: () => ({ run: minutes }),
  },
];
