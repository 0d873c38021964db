/** `tandem images`: which images the stacks run, and their pinning by digest. */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { writeDurablySync } from "../hub/io/write-durably.ts";
import { OperatorError } from "./error.ts";
import { pinned, readReference } from "./images/reference.ts";
import { digestOf } from "./images/registry.ts";
import { type ImageKey, imagesOf, withImages } from "./images/stack-images.ts";
import { oneLine } from "./one-line.ts";
import { readStacks, siteDir } from "./site/stacks.ts";

interface ImagesOptions {
  stack?: string[];
  pin: boolean;
  dir: string;
  json: boolean;
}

interface Row {
  stack: string;
  key: ImageKey;
  image: string;
  /** What it is pinned to; undefined where a tag alone names it. */
  digest: string | undefined;
  /** What the registry has for its tag now. @default not asked */
  now?: string;
}

export function registerImages(program: Command): void {
  program
    .command("images")
    .description(
      "the images of others that the stacks run; with --pin their registries are asked which digest each tag has now, and " +
        "that is written beside it into the stacks' files, so that the same name is the same image on every machine and day",
    )
    .option("--stack <name...>", "stacks to look at (default: the pair's and the satellites')")
    .option("--pin", "pin each image to what its tag is now, pinned ones anew", false)
    .option("--dir <folder>", "folder with Pulumi.yaml and the stacks' files", siteDir)
    .option("--json", "print one JSON object", false)
    .addHelpText(
      "after",
      "\nNothing is written unless every registry has answered; `tandem deploy` then brings the images to the machines.\n\nExample:\n  $ tandem images --pin",
    )
    .action(images);
}

async function images({ stack, pin, dir, json }: ImagesOptions): Promise<void> {
  const stacks = readStacks(stack, dir);
  const rows = stacks.flatMap(({ name, site }) =>
    imagesOf(site).map(({ key, image }): Row => ({ stack: name, key, image, digest: readReference(image)?.digest })),
  );
  const found = pin ? await digests(rows) : new Map<string, string>();
  for (const row of rows) {
    const now = found.get(row.image);
    if (now !== undefined) row.now = now;
  }
  for (const { name, path } of stacks) {
    const own = rows.filter((row) => row.stack === name && row.now !== undefined && row.now !== row.digest);
    const changed = own.map(({ key, image, now = "" }) => [key, pinned(image, now)]);
    if (changed.length === 0) continue;
    const text = withImages(readFileSync(path, "utf8"), Object.fromEntries(changed));
    writeDurablySync(path, Buffer.from(text), 0o644);
  }
  process.stdout.write(json ? `${JSON.stringify({ images: rows })}\n` : textOf(rows));
}

/** Each asked once. @throws OperatorError when one is not known; nothing was written then */
async function digests(rows: readonly Row[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { image, stack, key } of rows) {
    if (found.has(image)) continue;
    const reference = readReference(image);
    if (reference === undefined)
      throw new OperatorError(
        "image.name",
        `${oneLine(image)} is no name of an image in a registry`,
        `Correct images.${key} of stack ${stack}`,
      );
    // Without a tag there is nothing that it could have become.
    if (reference.tag === undefined) continue;
    process.stderr.write(`asking ${reference.registry} for ${reference.repository}:${reference.tag}\n`);
    found.set(image, await digestOf(reference));
  }
  return found;
}

const textOf = (rows: readonly Row[]): string =>
  rows.map((row) => `${row.stack}  images.${row.key}  ${oneLine(row.image)}: ${stateOf(row)}\n`).join("");

function stateOf({ digest, now }: Row): string {
  if (now === undefined && digest === undefined)
    return "by tag: another image may have this name tomorrow; pin it with --pin";
  if (now === undefined) return "pinned";
  if (now === digest) return "pinned, and its tag is still that";
  return digest === undefined ? `pinned now to ${now}` : `was pinned to ${digest}, now to ${now}`;
}
