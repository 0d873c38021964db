/** Says in words what a plan does to a machine: what restarts, which files change and how, and whatever else. */
import { types } from "../../components/policy/declared.ts";
import type { Change, Plan } from "./events.ts";
import { lineDiff } from "./line-diff.ts";
import { code } from "./markdown.ts";

export interface FileChange {
  /** On the machine; of a secret file, the name of its resource. */
  path: string;
  /** Why it is written although its text stays, or that its text is not shown. Empty for a change of the text. */
  note: string;
  diff: string[];
}

export interface Effects {
  restarts: { container: string; because: string; beside: boolean }[];
  starts: string[];
  removes: string[];
  files: FileChange[];
  /** Everything else, a clause each. */
  others: string[];
  /** The whole machine is made for the first time. */
  fresh: boolean;
}

const isCommand = (type: string) => /^command:(local|remote):Command$/.test(type);
/** Nothing exists on the machine for these. */
const isBookkeeping = (type: string) => type.startsWith("tandem:") || type.startsWith("pulumi:pulumi:");

export function effectsOf({ changes, counts }: Pick<Plan, "changes" | "counts">): Effects {
  const containers = changes.filter(({ type }) => type === types.container);
  const named = (op: Change["op"]) => containers.filter((change) => change.op === op);
  const written = changes.filter(isFile).map(fileChange);
  const files = written.filter(({ note }) => note !== sameText);
  const again = written
    .filter(({ note }) => note === sameText)
    .map(({ path }) => `writes ${code(path)} again, the same text`);
  const rest = changes.filter((change) => change.type !== types.container && !isFile(change));
  const { create = 0, ...others } = counts;
  return {
    restarts: [...named("replace"), ...named("update")].map((change) => ({
      container: containerOf(change),
      because: becauseOf(change),
      beside: change.beside,
    })),
    starts: named("create").map(containerOf),
    removes: named("delete").map(containerOf),
    files,
    others: [...rest.flatMap(otherOf), ...again],
    fresh: create > 0 && Object.values(others).every((count) => count === 0),
  };
}

/** A command that writes a file says so at the end of its input; of a secret one nothing is shown. */
function isFile({ type, op, before, after }: Change): boolean {
  return isCommand(type) && op !== "delete" && ("stdin" in after || "stdin" in before);
}

/** How it is written or checked changes, such as by another image. */
const sameText = "keeps its text";
const ending = /\n?== end of (.+) ==\n?$/;

function fileChange({ name, op, keys, before, after }: Change): FileChange {
  const text = after.stdin;
  const path = typeof text === "string" ? (ending.exec(text)?.[1] ?? name) : name;
  if (keys.includes("triggers"))
    return { path, note: "was changed by hand or deleted, and is put back", diff: diffOf(before, after) };
  if (typeof text !== "string") return { path, note: "is a secret: its text is not shown", diff: [] };
  if (op === "create") return { path, note: `is new, ${text.trimEnd().split("\n").length - 1} lines`, diff: [] };
  const diff = diffOf(before, after);
  return { path, note: diff.length === 0 ? sameText : "", diff };
}

function diffOf(before: Record<string, unknown>, after: Record<string, unknown>): string[] {
  if (typeof before.stdin !== "string" || typeof after.stdin !== "string") return [];
  return lineDiff(before.stdin.replace(ending, ""), after.stdin.replace(ending, ""));
}

function containerOf({ name, before, after }: Change): string {
  const own = after.name ?? before.name;
  // A name that is generated is another one in each preview.
  return typeof own === "string" && !own.startsWith(`${name}-`) ? own : name;
}

function becauseOf({ keys }: Change): string {
  const because = { labels: "its configuration changes", image: "its image changes" };
  const words = keys.map((key) => (key === "labels" || key === "image" ? because[key] : `its ${key} changes`));
  return words.length === 0 ? "what it depends on is replaced" : words.join(", ");
}

function otherOf({ op, type, name, keys, before, after }: Change): string[] {
  // Its children are listed themselves.
  if (isBookkeeping(type)) return keys.includes("ports") ? ["lists other ports"] : [];
  if (type === types.remoteImage && op !== "delete")
    return [`pulls ${code(`${after.name}`)}${typeof before.name === "string" ? `, before ${code(before.name)}` : ""}`];
  if (type === types.image && op !== "delete") return [`builds ${code(`${after.imageName}`)}`];
  if (isCommand(type) && op !== "delete") return [`runs ${code(name)}`];
  const what = keys.length === 0 ? "" : ` (${keys.join(", ")})`;
  // What a command has done stays, whatever becomes of it.
  return [`${op}s ${code(name)}${what}`];
}
