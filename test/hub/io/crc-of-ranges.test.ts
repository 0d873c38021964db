import { crc32 } from "node:zlib";
import fc from "fast-check";
import { expect, it } from "vitest";
import { CrcOfRanges } from "../../../hub/io/crc-of-ranges.ts";
import { encodeFrame, scanFrames } from "../../../hub/io/spool-frames.ts";

it("the checksum of any stretch is the one that zlib has of it alone", () => {
  const bytes = Buffer.from(Array.from({ length: 5_000 }, (_, i) => (i * i * 31) % 251));
  const crcs = new CrcOfRanges(bytes);
  fc.assert(
    fc.property(fc.nat(bytes.length), fc.nat(bytes.length), (a, b) => {
      const [start, end] = [Math.min(a, b), Math.max(a, b)];
      expect(crcs.of(start, end)).toBe(crc32(bytes.subarray(start, end)));
    }),
  );
});

it("a frame is found behind damage that looks like 200,000 frames of half the file each", () => {
  const seeming = Buffer.alloc(25);
  seeming.write("TSP1");
  seeming.writeUInt32LE(2_500_000, 8);
  const frame = encodeFrame("metrics", 1, 5, Buffer.from("kept"));
  const damage = Buffer.concat(Array.from({ length: 200_000 }, () => seeming));
  const before = process.threadCpuUsage();
  const { frames, damages } = scanFrames(Buffer.concat([damage, frame]));
  const { user } = process.threadCpuUsage(before);
  expect(frames.map(({ payload }) => payload.toString())).toEqual(["kept"]);
  expect(damages).toEqual([{ offset: 0, bytes: damage.length }]);
  // It took minutes; now it takes a second or two of this thread's own time.
  expect(user / 1e6).toBeLessThan(30);
});
