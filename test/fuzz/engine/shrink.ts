/** Makes an input that fails smaller, as long as it fails in the same way. */
import { examine, type Failure } from "./examine.ts";
import type { Subject } from "./target.ts";

const withinMs = 10_000;

export async function shrink(subject: Subject, input: Buffer, failure: Failure): Promise<Buffer> {
  if (failure.kind !== "thrown") return input;
  const endMs = performance.now() + withinMs;
  let smallest = input;
  const stillFails = async (bytes: Buffer) => {
    const examined = await examine(subject, bytes);
    return !examined.ok && examined.failure.signature === failure.signature;
  };
  for (let part = Math.ceil(smallest.length / 2); part >= 1 && performance.now() < endMs; part = Math.floor(part / 2)) {
    for (let at = 0; at < smallest.length && performance.now() < endMs; ) {
      const without = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + part)]);
      if (await stillFails(without)) smallest = without;
      else at += part;
    }
  }
  return smallest;
}
