/**
 * Loaded into a hub before its own code (`node --import`), in each of its threads: shifts the wall clock by the ms that stand
 * in a file, read again and again. The monotonic clock goes on as it was, as when somebody sets a computer's time.
 */
import { readFileSync } from "node:fs";

const path = new URL(import.meta.url).searchParams.get("file") ?? "";
const readEveryMs = 50;
let offsetMs = 0;

const RealDate = Date;
const now = () => RealDate.now() + offsetMs;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args: unknown[], newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, key, receiver) => (key === "now" ? now : Reflect.get(target, key, receiver)),
});

setInterval(() => {
  const read = Number(readFileSync(path, "utf8"));
  if (Number.isFinite(read)) offsetMs = read;
}, readEveryMs).unref();
