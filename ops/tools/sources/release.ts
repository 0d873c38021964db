/** Takes a program from a project's release: downloads the archive, compares its checksum, unpacks it. */
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { run } from "../run.ts";
import type { Release } from "../tool.ts";
import type { Surroundings } from "./surroundings.ts";

/** Until the server answers; short, because a network that forbids the download should cost no more than this. */
const answerDeadlineMs = 5_000;
/** Between two parts of the body. */
const stallDeadlineMs = 20_000;
const progressMs = 10_000;
const mebibyte = 1024 ** 2;

/** Returns the program's path in the work folder. Throws before anything is unpacked when the checksum differs. */
export async function fromRelease(release: Release, { folder, signal, say }: Surroundings): Promise<string> {
  const archive = join(folder, "release.tar.gz");
  const { sha256, bytes } = await download(release.url, archive, signal, say);
  if (sha256 !== release.sha256)
    throw new Error(`${release.url} has the checksum ${sha256}, not ${release.sha256}: refused`);
  say(`${(bytes / mebibyte).toFixed(1)} MiB, checksum as pinned`);
  await run("tar", ["-xzf", archive, "-C", folder, release.member], { signal, say });
  return join(folder, release.member);
}

async function download(
  url: string,
  path: string,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<{ sha256: string; bytes: number }> {
  const stop = new AbortController();
  let timer = setTimeout(() => stop.abort(new Error(`no answer in ${answerDeadlineMs / 1_000} s`)), answerDeadlineMs);
  const hash = createHash("sha256");
  let bytes = 0;
  const ended = AbortSignal.any([signal, stop.signal]);
  const ticking = setInterval(() => say(`still downloading, ${(bytes / mebibyte).toFixed(1)} MiB so far`), progressMs);
  try {
    const answer = await fetch(url, { signal: ended });
    if (!answer.ok || answer.body === null) throw new Error(`the server answered ${answer.status}`);
    say(`downloading ${url}`);
    const watch = new Transform({
      transform(part: Buffer, _encoding, done) {
        clearTimeout(timer);
        timer = setTimeout(
          () => stop.abort(new Error(`nothing came for ${stallDeadlineMs / 1_000} s`)),
          stallDeadlineMs,
        );
        hash.update(part);
        bytes += part.length;
        done(null, part);
      },
    });
    const body = Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]); // fetch's and stream's types differ
    await pipeline(body, watch, createWriteStream(path), { signal: ended });
    return { sha256: hash.digest("hex"), bytes };
  } catch (error) {
    const reason = ended.aborted ? ended.reason : error;
    throw new Error(`${url}: ${deepest(reason)}`);
  } finally {
    clearTimeout(timer);
    clearInterval(ticking);
  }
}

/** fetch says only that it failed; its cause says why. */
function deepest(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : deepest(error.cause);
}
