/** Reads YAML, one file of the inventory against its schema, and remembers on which line everything stands. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import {
  type Document,
  type DocumentOptions,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type ParseOptions,
  parseDocument,
  type SchemaOptions,
  visit,
} from "yaml";
import type { z } from "zod";
import { errorAt, type Finding, type Place } from "./finding.ts";

type Path = (string | number)[];

/** A file as it was read: its content where it fits the schema, and its lines. */
export interface Source<T> {
  value: T | undefined;
  findings: Finding[];
  /** The line of the deepest part of this path that the file has. */
  place(...path: Path): Place;
}

/** A text as it was read, whatever it holds. */
export interface ParsedText {
  /** Undefined where it is no YAML, or empty; the findings say so. */
  plain: unknown;
  findings: Finding[];
  place: Source<unknown>["place"];
}

/** A fleet of hundreds may share one anchor; what grows beyond this is no inventory. */
const maxAliasCount = 10_000;
/** What people write by hand has a tenth of it. */
const maxDepth = 100;
const seeDocs = "docs/fleet.md says what each key holds";

/**
 * Never throws for what the file holds.
 * @param machine that the file states, where it is a machine's; a file of another one is not looked at any further
 */
export function readSource<T>(path: string, schema: z.ZodType<T>, machine?: string): Source<T> {
  const file = basename(path);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const message = `cannot be read: ${(error as Error).message}`; // fs throws errors only
    const place = { file, line: 1 };
    const next = "Make the file, or give the folder that has it with --dir";
    return { value: undefined, findings: [errorAt(place, "file.unreadable", message, next)], place: () => place };
  }
  const { plain, findings, place } = parseText(file, text);
  const refused = (reasons: Finding[]) => ({ value: undefined, findings: reasons, place });
  if (findings.length > 0) return refused(findings);
  const stated = typeof plain === "object" && plain !== null ? (Reflect.get(plain, "machine") as unknown) : undefined;
  if (machine !== undefined && typeof stated === "string" && stated !== machine) {
    const message = `machine: ${file} is the file of ${machine}, but states ${stated}`;
    const next = `Write machine: ${machine}; each file holds the machine that it is named for`;
    return refused([errorAt(place("machine"), "file.schema", message, next)]);
  }
  const parsed = schema.safeParse(plain);
  if (parsed.success) return { value: parsed.data, findings: [], place };
  return refused(
    parsed.error.issues.map((issue) => {
      const keys = issue.path.filter((key) => typeof key !== "symbol");
      const unknown = issue.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [];
      const message = `${keys.join(".") || "the file"}: ${issue.message}`;
      return errorAt(place(...keys, ...unknown), "file.schema", message, seeDocs);
    }),
  );
}

/**
 * Pure.
 * @param merge whether `<<` takes over the keys of another map, as files written for YAML 1.1 have it
 */
export function parseText(file: string, text: string, { merge = false } = {}): ParsedText {
  const lines = new LineCounter();
  const document = parsed(text, { lineCounter: lines, merge });
  const at = (offset: number): Place => ({ file, line: Math.max(1, lines.linePos(offset).line) });
  if (document === undefined || isDeep(document)) {
    const top = { file, line: 1 };
    const message = `it is nested more deeply than ${maxDepth} levels, which no inventory is`;
    const next = "Look for a line with many : or - or brackets that do not close, and correct it";
    return { plain: undefined, findings: [errorAt(top, "file.yaml", message, next)], place: () => top };
  }
  const place = (...keys: Path) => at(offsetOf(document, keys));
  const refused = (...findings: Finding[]) => ({ plain: undefined, findings, place });

  const broken = document.errors.map((error) => {
    if (error.code !== "MULTIPLE_DOCS")
      return errorAt(at(error.pos[0]), "file.yaml", firstLine(error.message), "Correct the YAML");
    const message = "a second document begins here, and a file holds one";
    return errorAt(at(error.pos[0]), "file.yaml", message, "Take out the line ---, or what follows it");
  });
  if (broken.length > 0) return refused(...broken);
  let plain: unknown;
  try {
    plain = document.toJS({ maxAliasCount });
  } catch (error) {
    const next = "Set the anchor (&name) above the alias (*name), or write the value out";
    return refused(errorAt(at(aliasOffset(document)), "file.yaml", firstLine((error as Error).message), next)); // yaml throws errors only
  }
  if (plain === null || plain === undefined)
    return refused(errorAt(at(0), "file.schema", "the file is empty", seeDocs));
  return { plain, findings: [], place };
}

/** Undefined where it is nested so deeply that the parser's stack is full. */
function parsed(text: string, options: ParseOptions & DocumentOptions & SchemaOptions): Document.Parsed | undefined {
  try {
    return parseDocument(text, options);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** By a list of its own, since a stack is what such a file fills. */
function isDeep(document: Document.Parsed): boolean {
  const waiting: [node: unknown, depth: number][] = [[document.contents, 0]];
  for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
    const [node, depth] = each;
    if (depth > maxDepth) return true;
    if (isMap(node)) for (const { key, value } of node.items) waiting.push([key, depth + 1], [value, depth + 1]);
    else if (isSeq(node)) for (const item of node.items) waiting.push([item, depth + 1]);
  }
  return false;
}

/** Where a key of a map, or an item of a list, begins; of a path that the file does not have, its deepest part. */
function offsetOf(document: Document.Parsed, path: Path): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const key of path) {
    let part: unknown;
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      part = pair?.key;
      node = pair?.value;
    } else if (isSeq(node)) {
      part = node.items[Number(key)];
      node = part;
    }
    const range = isNode(part) ? part.range : undefined;
    if (!range) break;
    offset = range[0];
  }
  return offset;
}

/** Of the first alias that does not resolve by itself: it has no anchor above it, or grows without end. */
function aliasOffset(document: Document.Parsed): number {
  let offset = 0;
  visit(document, {
    Alias(_, alias) {
      offset = alias.range?.[0] ?? offset;
      try {
        alias.toJS(document, { maxAliasCount });
      } catch {
        return visit.BREAK;
      }
      return undefined;
    },
  });
  return offset;
}

/** yaml repeats the place, which stands before the message already. */
const firstLine = (text: string) => (text.split("\n", 1)[0] ?? text).replace(/ at line \d+, column \d+:?$/, "");
