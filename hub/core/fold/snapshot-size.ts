/**
 * What groups and families take of a snapshot, which is what limits on text count: a snapshot that would be too large is never
 * written, and then nothing is purged.
 */
import type { Group } from "../group-path.ts";

const plain = /^[ !#-[\]-~]*$/;

/** What a text takes in JSON without its quotation marks, bytes: 2 of a quotation mark, 6 of most control characters, else UTF-8. */
export function jsonBytes(text: string): number {
  return plain.test(text) ? text.length : Buffer.byteLength(JSON.stringify(text)) - 2;
}

/**
 * Around the texts of a family, bytes: names of its fields, its type, its number of series, and a stamp by a machine with a name of 32
 * characters.
 */
const familyFrameBytes = 175;
/** Around labels and families of a group, bytes: names of fields, three stamps as those of families, and its expiry. */
const groupFrameBytes = 401;

/** What a family takes, bytes. */
export function familyBytes({ name, help, text }: { name: string; help?: string | undefined; text: string }): number {
  return familyFrameBytes + jsonBytes(name) + (help === undefined ? 0 : jsonBytes(help)) + jsonBytes(text);
}

/** What a group takes besides its families, bytes; that of a deleted one is all of it. */
export function groupBytes(group: Group): number {
  return groupFrameBytes + Buffer.byteLength(JSON.stringify(group));
}
