/** How records lie in the spool's files: frames with a length and a checksum each, which are found again behind damage. */
import { crc32 } from "node:zlib";
import { StreamKind } from "../core/record.ts";
import { CrcOfRanges } from "./crc-of-ranges.ts";

/** One batch as it was spooled. */
export interface Frame {
  kind: StreamKind;
  /** Records in the batch. */
  records: number;
  /** Wall time of spooling, ms. */
  atMs: number;
  /** The batch as its stream takes it. */
  payload: Buffer;
  /** Bytes of the file up to the end of this frame. */
  endOffset: number;
}

export interface Damage {
  offset: number;
  bytes: number;
}

export interface Scan {
  frames: Frame[];
  /** Stretches that are no frame, each with a whole one behind it. */
  damages: Damage[];
  /** Bytes behind the last whole frame. */
  tail: Damage;
  /** Whether the tail has the length that it says: then it is no write that was cut short. */
  tailIsWhole: boolean;
}

const kinds = StreamKind.options;
const magic = Buffer.from("TSP1");
const at = { magic: 0, crc: 4, length: 8, records: 12, time: 16, kind: 24 };
export const frameHeaderBytes = 25;

export function encodeFrame(kind: StreamKind, records: number, atMs: number, payload: Buffer): Buffer {
  const frame = Buffer.alloc(frameHeaderBytes + payload.length);
  magic.copy(frame);
  frame.writeUInt32LE(payload.length, at.length);
  frame.writeUInt32LE(records, at.records);
  frame.writeDoubleLE(atMs, at.time);
  frame.writeUInt8(kinds.indexOf(kind), at.kind);
  payload.copy(frame, frameHeaderBytes);
  frame.writeUInt32LE(checksum(frame), at.crc);
  return frame;
}

/** Reads all frames of a file's bytes, which begin at `fileOffset` of it. */
export function scanFrames(bytes: Buffer, fileOffset = 0): Scan {
  const frames: Frame[] = [];
  const damages: Damage[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const found = nextFrame(bytes, offset);
    if (found === undefined) break;
    if (found > offset) damages.push({ offset: fileOffset + offset, bytes: found - offset });
    offset = found + frameBytes(bytes, found);
    frames.push(decode(bytes.subarray(found, offset), fileOffset + offset));
  }
  const tail = { offset: fileOffset + offset, bytes: bytes.length - offset };
  const tailIsWhole = tail.bytes >= frameHeaderBytes && frameBytes(bytes, offset) <= tail.bytes;
  return { frames, damages, tail, tailIsWhole };
}

/** Offset of the first whole frame at `from` or behind it. */
function nextFrame(bytes: Buffer, from: number): number | undefined {
  let crcs: CrcOfRanges | undefined;
  for (let offset = bytes.indexOf(magic, from); offset >= 0; offset = bytes.indexOf(magic, offset + 1)) {
    if (bytes.length - offset < frameHeaderBytes) return undefined;
    const end = offset + frameBytes(bytes, offset);
    if (end > bytes.length) continue;
    const crc = crcs?.of(offset + at.length, end) ?? checksum(bytes.subarray(offset, end));
    if (crc === bytes.readUInt32LE(offset + at.crc)) return offset;
    // In damage what is pushed may look like any number of frames, each as long as the file.
    crcs ??= new CrcOfRanges(bytes);
  }
  return undefined;
}

const frameBytes = (bytes: Buffer, offset: number) => frameHeaderBytes + bytes.readUInt32LE(offset + at.length);
/** Over all but the magic and itself. */
const checksum = (frame: Buffer) => crc32(frame.subarray(at.length));

function decode(frame: Buffer, endOffset: number): Frame {
  const kind = kinds[frame.readUInt8(at.kind)];
  if (kind === undefined) throw new Error("a spooled frame with a right checksum names no stream");
  return {
    kind,
    records: frame.readUInt32LE(at.records),
    atMs: frame.readDoubleLE(at.time),
    payload: frame.subarray(frameHeaderBytes),
    endOffset,
  };
}
