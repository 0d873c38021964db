/** Hourly checkpoints: each is signed, holds the hash of the one before and of the raw data of its hour, so that an edit shows. */
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { z } from "zod";
import { Figures } from "./figures.ts";
import { lastingOf, runVersion, type Settings } from "./settings.ts";

/** Lines of a file that a checkpoint vouches for. */
const Lines = z.strictObject({
  /** Number of lines before the first of them. */
  after: z.number().int().nonnegative(),
  count: z.number().int().nonnegative(),
  sha256: z.string(),
});
export type Lines = z.infer<typeof Lines>;

const Body = z.strictObject({
  v: z.literal(runVersion),
  /** Of the run; the same in all its checkpoints. */
  run: z.string(),
  number: z.number().int().positive(),
  from: z.string(),
  to: z.string(),
  publicKey: z.string(),
  /** Hash of what the run was asked for. */
  settings: z.string(),
  /** Hash of the checkpoint before; null of the first. */
  previous: z.string().nullable(),
  slices: Lines,
  events: Lines,
  figures: Figures,
});
export type CheckpointBody = z.infer<typeof Body>;
export const Checkpoint = Body.extend({ signature: z.string() });
export type Checkpoint = z.infer<typeof Checkpoint>;

/** @example "0007" */
export const checkpointName = (number: number): string => String(number).padStart(4, "0");

export interface Keys {
  /** PEM. */
  privateKey: string;
  /** DER in base64. */
  publicKey: string;
}

export function makeKeys(): Keys {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return {
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicKey: publicKey.export({ type: "spki", format: "der" }).toString("base64"),
  };
}

export function signed(body: CheckpointBody, privateKey: string): Checkpoint {
  // What stands in the file has passed through JSON: what is signed is the same.
  const plain = JSON.parse(JSON.stringify(body)) as CheckpointBody; // of its own type a line above
  return { ...plain, signature: sign(null, Buffer.from(canonical(plain)), privateKey).toString("base64") };
}

/** Whether it is as it was signed with the key that it names. */
export function isAsSigned({ signature, ...body }: Checkpoint): boolean {
  const key = keyOf(body.publicKey);
  return key !== undefined && verify(null, Buffer.from(canonical(body)), key, Buffer.from(signature, "base64"));
}

export const settingsHash = (settings: Settings): string => sha256(canonical(lastingOf(settings)));

/** Short enough to be noted by hand. @example "SHA256:0yQ2…" */
export const fingerprintOf = (publicKey: string): string =>
  `SHA256:${createHash("sha256").update(Buffer.from(publicKey, "base64")).digest("base64url")}`;

export const hashOf = (checkpoint: Checkpoint): string => sha256(canonical(checkpoint));

/** @param lines all of a file */
export function linesOf(lines: readonly string[], after: number, count = lines.length - after): Lines {
  const own = lines.slice(after, after + count);
  return { after, count: own.length, sha256: sha256(own.map((line) => `${line}\n`).join("")) };
}

/** JSON with sorted keys, which no editor's order of keys changes. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`).join(",")}}`;
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

function keyOf(publicKey: string): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(publicKey, "base64"), type: "spki", format: "der" });
  } catch {
    return undefined;
  }
}
