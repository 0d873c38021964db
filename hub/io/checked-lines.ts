/** Lines of JSON, each with a checksum before it: whoever reads them back takes those that are whole, and passes over the others. */
import { crc32 } from "node:zlib";

/** With its end. */
export function checkedLine(value: unknown): string {
  const json = JSON.stringify(value);
  return `${sumOf(json)} ${json}\n`;
}

export interface LinesRead {
  values: unknown[];
  /** Lines that are not as they were written: torn by a crash, or damaged. */
  damaged: number;
}

export function readCheckedLines(text: string): LinesRead {
  const values: unknown[] = [];
  let damaged = 0;
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const json = line.slice(9);
    try {
      if (line.slice(0, 8) !== sumOf(json)) throw new Error("another checksum");
      values.push(JSON.parse(json));
    } catch {
      damaged++;
    }
  }
  return { values, damaged };
}

const sumOf = (text: string): string => crc32(text).toString(16).padStart(8, "0");
