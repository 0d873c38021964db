/** Renders the one comment of a pull request: the verdict in words, what happens to each machine, and the whole preview folded. */
import type { Effects, FileChange } from "./changes.ts";
import { fitted } from "./fitted.ts";
import { code, fenced, plain } from "./markdown.ts";

/** By it the comment is found again; it does not show. */
export const marker = "<!-- tandem review -->";

export interface Reviewed {
  machine: string;
  stack: string;
  effects: Effects;
  violations: { rule: string; message: string; mandatory: boolean }[];
  warnings: string[];
  errors: string[];
  failed: boolean;
  /** Resources by what happens to them. */
  counts: Record<string, number>;
  /** The whole preview, for people. */
  text: string;
}

export interface Comment {
  machines: Reviewed[];
  /** Whether the machines were looked at for what was changed there by hand. */
  drift: "left out" | "files" | "files and containers";
}

/** More lines of differences than these are in the folded part only. */
const mostDiffLines = 40;
const mostLineLength = 160;
const mostTextLength = 400;
const mostItems = 8;

export function renderComment({ machines, drift }: Comment): string {
  const head = [
    marker,
    `**${verdict(machines)}**`,
    ...machines.map(section),
    filesOf(machines),
    bullets(machines.flatMap(warningsOf)),
    footnote(machines, drift),
  ];
  return fitted(
    head.filter((part) => part !== "").join("\n\n"),
    machines.map(({ machine, stack, text }) => ({ title: `The whole preview of ${machine}`, text, again: stack })),
  );
}

/** In words, the worst first. */
function verdict(machines: Reviewed[]): string {
  const names = (those: Reviewed[]) => those.map(({ machine }) => machine).join(" and ");
  const broken = machines.filter(({ violations }) => violations.some(({ mandatory }) => mandatory));
  if (broken.length > 0) return `Must not be deployed: a rule is violated on ${names(broken)}.`;
  const failed = machines.filter((one) => one.failed);
  if (failed.length > 0) return `Cannot be deployed: the preview of ${names(failed)} failed.`;
  const still = machines.filter(({ effects }) => counted(effects) === "");
  if (still.length === machines.length) return `Nothing changes on ${names(machines)}.`;
  const moved = machines.filter((one) => !still.includes(one));
  const rest = still.length === 0 ? "" : ` Nothing changes on ${names(still)}.`;
  return `${moved.map(({ machine, effects }) => `On ${machine} ${counted(effects)}.`).join(" ")}${rest}`;
}

/** @example "1 container restarts and 1 file changes" */
function counted({ restarts, starts, removes, files, others, fresh }: Effects): string {
  const some = (count: number, one: string, verbs: [string, string]) =>
    count === 0 ? [] : [`${count} ${one}${count === 1 ? ` ${verbs[0]}` : `s ${verbs[1]}`}`];
  const written = some(files.length, "file", ["is written", "are written"]);
  if (fresh)
    return `everything is new: ${[...some(starts.length, "container", ["starts", "start"]), ...written].join(", ")}`;
  const parts = [
    ...some(restarts.filter(({ beside }) => !beside).length, "container", ["restarts", "restart"]),
    ...some(restarts.filter(({ beside }) => beside).length, "container", ["is replaced", "are replaced"]),
    ...some(starts.length, "container", ["starts", "start"]),
    ...some(removes.length, "container", ["is removed", "are removed"]),
    ...some(files.length, "file", ["changes", "change"]),
  ];
  if (parts.length === 0 && others.length > 0) return "no container and no file changes, but something else does";
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

function section({ machine, effects, violations, errors, failed }: Reviewed): string {
  const { restarts, starts, removes, others, fresh } = effects;
  const sentences = [
    ...restarts.map(
      ({ container, because, beside }) =>
        `${beside ? "replaces" : "restarts"} ${code(container)}${beside ? " by one that starts beside it" : ""}, since ${because}`,
    ),
    ...listed("starts", starts),
    ...listed("removes", removes),
    ...(fresh ? [] : others),
  ];
  const paragraph = sentences.length === 0 || failed ? "" : `**${machine}** ${joined(sentences)}.`;
  return [
    ...(failed || violations.length > 0 ? [`**${machine}**`] : []),
    bullets(
      violations.map(
        ({ rule, message, mandatory }) =>
          `${mandatory ? "violates" : "could not be held against"} ${code(rule)}: ${plain(cut(message, mostTextLength))}`,
      ),
    ),
    failed && errors.length > 0 ? fenced("text", errors.join("\n").split("\n").slice(0, mostDiffLines).map(short)) : "",
    paragraph,
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** Each by its first line: what to do stands below. */
function warningsOf({ machine, warnings }: Reviewed): string[] {
  return warnings.map((warning) => `${machine} warns: ${plain(cut(warning.split("\n")[0] ?? "", mostTextLength))}`);
}

function listed(verb: string, names: string[]): string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, mostItems).map(code).join(", ");
  return [`${verb} ${shown}${names.length > mostItems ? ` and ${names.length - mostItems} more` : ""}`];
}

function joined(sentences: string[]): string {
  const shown = sentences.slice(0, mostItems);
  const more = sentences.length - shown.length;
  return [...shown, ...(more > 0 ? [`does ${more} more things`] : [])].join("; ");
}

/** Differences until there is no more room for them, then names alone. What changes alike on several machines stands once. */
function filesOf(machines: readonly Reviewed[]): string {
  const known = new Map<string, FileChange & { on: string[] }>();
  for (const { machine, effects } of machines.filter((one) => !one.effects.fresh && !one.failed)) {
    for (const file of effects.files) {
      const key = JSON.stringify(file);
      known.set(key, { ...file, on: [...(known.get(key)?.on ?? []), machine] });
    }
  }
  const files = [...known.values()];
  let left = mostDiffLines;
  const parts = files.slice(0, mostItems).map(({ path, note, diff, on }) => {
    const title = `${code(path)} on ${on.join(" and ")}${note === "" ? "" : ` ${note}`}`;
    if (diff.length === 0) return `${title}.`;
    if (diff.length > left) {
      const lines = diff.filter((line) => /^[-+]/.test(line)).length;
      return `${title}${note === "" ? "" : ";"} differs in ${lines} lines, below.`;
    }
    left -= diff.length;
    return `${title}:\n${fenced("diff", diff.map(short))}`;
  });
  const more = files.length - mostItems;
  return [...parts, ...(more > 0 ? [`${more} more files, below.`] : [])].join("\n\n");
}

function footnote(machines: Reviewed[], drift: Comment["drift"]): string {
  const broken = machines.some(({ violations }) => violations.length > 0);
  const failed = machines.some((one) => one.failed);
  const rules = broken || failed ? "" : "All rules of the policy pack hold. ";
  const looked = {
    "left out":
      "Drift is left out: this runner does not reach the machines, so what was changed there by hand does not show.",
    files: "Files that were changed by hand on a machine that could be asked would show; containers were not asked.",
    "files and containers": "Files and containers that were changed by hand would show.",
  };
  return `${rules}${looked[drift]}`;
}

function bullets(items: string[]): string {
  const shown = items.slice(0, mostItems).map((item) => `- ${item}`);
  return [...shown, ...(items.length > mostItems ? [`- and ${items.length - mostItems} more, below`] : [])].join("\n");
}

const cut = (text: string, most: number) => (text.length <= most ? text : `${text.slice(0, most)}…`);
const short = (line: string) => cut(line, mostLineLength);
