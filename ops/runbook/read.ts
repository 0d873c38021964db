/** Reads the runbooks of docs/runbooks: sections of steps, each a sentence and the commands that it is about. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where a command is of use: both, unless a line before its block says otherwise. */
export type Place = "local" | "deployed";

export interface RunbookCommand {
  only: Place | undefined;
  text: string;
}

export interface RunbookStep {
  says: string;
  /** None in a section that only tells. */
  commands: RunbookCommand[];
}

export interface RunbookSection {
  title: string;
  steps: RunbookStep[];
}

export interface Runbook {
  name: string;
  /** About an alert of that name, or how something is done. */
  kind: "alert" | "procedure";
  /** First paragraph. */
  summary: string;
  sections: RunbookSection[];
}

export const runbookDir = fileURLToPath(new URL("../../docs/runbooks", import.meta.url));
export const alertSections = ["Meaning", "Impact", "Diagnosis", "Mitigation"] as const;
/** The line before a block that is of use in one place alone. */
export const marks: Readonly<Record<string, Place>> = {
  "On a local run:": "local",
  "On machines of their own:": "deployed",
};

/** Those about alerts first, each kind by name. */
export function readRunbooks(dir = runbookDir): Runbook[] {
  const of = (folder: string, kind: Runbook["kind"]) =>
    readdirSync(folder)
      .filter((file) => file.endsWith(".md") && file !== "README.md")
      .sort()
      .map((file) => parseRunbook(file.slice(0, -".md".length), kind, readFileSync(join(folder, file), "utf8")));
  return [...of(dir, "alert"), ...of(join(dir, "procedures"), "procedure")];
}

export function parseRunbook(name: string, kind: Runbook["kind"], text: string): Runbook {
  const [head = "", ...rest] = text.split(/^## /m);
  const [, ...paragraphs] = head.trim().split(/\n\n+/);
  return { name, kind, summary: oneLine(paragraphs[0] ?? ""), sections: rest.map(parseSection) };
}

function parseSection(text: string): RunbookSection {
  const [title = "", ...lines] = text.split("\n");
  const steps: RunbookStep[] = [];
  let says: string[] = [];
  let only: Place | undefined;
  let block: string[] | undefined;
  for (const line of lines) {
    const step = steps.at(-1);
    if (block !== undefined) {
      if (line !== "```") block.push(line);
      else {
        // A block without words of its own belongs to the step before.
        const isNew = says.length > 0 || step === undefined;
        const command = { only, text: block.join("\n") };
        if (isNew) steps.push({ says: paragraphs(says), commands: [command] });
        else step.commands.push(command);
        [says, only, block] = [[], undefined, undefined];
      }
    } else if (line.startsWith("```")) block = [];
    else if (marks[line] !== undefined) only = marks[line];
    else if (line !== "" || says.length > 0) says.push(line);
  }
  if (paragraphs(says) !== "") steps.push({ says: paragraphs(says), commands: [] });
  return { title: title.trim(), steps };
}

const oneLine = (text: string) => text.replaceAll("\n", " ").trim();

const paragraphs = (lines: readonly string[]) => lines.join("\n").trim().split(/\n\n+/).map(oneLine).join("\n");

/** Those of a command that are of use there; all where it is not known where that is. */
export const commandsAt = (step: RunbookStep, place: Place | undefined): RunbookCommand[] =>
  step.commands.filter(({ only }) => place === undefined || only === undefined || only === place);
