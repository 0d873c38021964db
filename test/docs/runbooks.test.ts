/** Every alert has a runbook, and what the runbooks name is there: commands, options, placeholders, files. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { alertSeverities } from "../../hub/core/alert-names.ts";
import { tandemProgram } from "../../ops/program.ts";
import { namesIn, placeholders } from "../../ops/runbook/placeholders.ts";
import { alertSections, type Runbook, readRunbooks, runbookDir } from "../../ops/runbook/read.ts";

const runbooks = readRunbooks();
const program = tandemProgram();
const alerts = runbooks.filter(({ kind }) => kind === "alert");
const procedures = runbooks.filter(({ kind }) => kind === "procedure");
const pathOf = ({ name, kind }: Runbook) => join(kind === "alert" ? "" : "procedures", `${name}.md`);
const textOf = (path: string) => readFileSync(join(runbookDir, path), "utf8");
const index = textOf("README.md");

/** Single commands, also those behind `|`, `&&` and `;`; what stands in quotes for another shell is no command here. */
const commandsOf = (runbook: Runbook) =>
  runbook.sections
    .flatMap(({ steps }) => steps)
    .flatMap(({ commands }) => commands.flatMap(({ text }) => text.split("\n")))
    .flatMap((line) =>
      line.split(/ \| | && |; (?=(?:[^']*'[^']*')*[^']*$)/).filter((_, i, all) => i === 0 || !inQuotes(all, i)),
    );
const inQuotes = (parts: readonly string[], index: number) =>
  ["'", '"'].some((quote) => (parts.slice(0, index).join("").split(quote).length - 1) % 2 === 1);

const wordsOf = (command: string) =>
  [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain ?? "",
  );

const programs =
  /^(tandem|npm|pulumi|docker|ssh|scp|ssh-add|ssh-keyscan|curl|systemctl|df|du|tail|head|grep|sort|uniq|find|ls|rm|mv|mkdir|pkill|nk|nats|TANDEM_NATS_SERVER=\S+|KEY=\S+)$/;

const onMachines =
  /^(blkid|cat|cp|curl|df|dmesg|docker|echo|findmnt|grep|id|if|install|ip|journalctl|ls|mount|mv|rm|sed|systemctl|uptime)$/;

/** What is wrong with a call of the program's own commands; empty when it would be understood. */
function misuse(words: readonly string[]): string {
  let command: Command = program;
  let positional = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    if (word === ">" || word.startsWith("<") || word === "--") break;
    if (word.startsWith("-")) {
      const option = command.options.find(({ long, short }) => long === word || short === word);
      if (option === undefined) return `${command.name()} has no option ${word}`;
      if (!option.required && !option.optional) continue;
      i++;
      while (option.variadic && words[i + 1] !== undefined && !words[i + 1]?.startsWith("-")) i++;
      continue;
    }
    const sub = command.commands.find((candidate) => candidate.name() === word);
    if (sub !== undefined) command = sub;
    else if (++positional > command.registeredArguments.length && !command.registeredArguments.at(-1)?.variadic)
      return `${command.name()} takes no ${word}`;
  }
  const wanted = command.registeredArguments.filter(({ required }) => required).length;
  return positional < wanted ? `${command.name()} wants ${wanted} arguments` : "";
}

describe("the runbooks", () => {
  it("are one for each alert that a hub raises, and none for another", () => {
    expect(alerts.map(({ name }) => name)).toEqual(Object.keys(alertSeverities).toSorted());
  });

  it("of alerts have Meaning, Impact, Diagnosis and Mitigation, of procedures When, Before, Steps and Afterwards", () => {
    for (const { name, sections, summary } of alerts) {
      expect([name, ...sections.map(({ title }) => title)]).toEqual([name, ...alertSections]);
      expect(summary, name).toMatch(/\.$/);
    }
    for (const { name, sections } of procedures)
      expect([name, ...sections.map(({ title }) => title)]).toEqual([name, "When", "Before", "Steps", "Afterwards"]);
  });

  it("tell in words why, and in each step of the other sections name a command and say what it is for", () => {
    for (const { name, sections } of runbooks)
      for (const { title, steps } of sections) {
        const tells = ["Meaning", "Impact", "When"].includes(title);
        expect(steps.length, `${name} ${title}`).toBeGreaterThan(0);
        for (const { says, commands } of steps) {
          expect(commands.length > 0, `${name} ${title}: ${says}`).toBe(!tells);
          expect(says, `${name} ${title}`).not.toBe("");
        }
      }
  });

  it("name only commands of tandem, and options of them, that are there", () => {
    for (const runbook of runbooks)
      for (const command of commandsOf(runbook)) {
        const words = wordsOf(
          command.replace(/^npm (run tandem --|start --)/, (_, what) =>
            what === "start --" ? "tandem local" : "tandem",
          ),
        );
        expect(words[0], `${runbook.name}: ${command}`).toMatch(programs);
        if (words[0] === "tandem") expect(misuse(words.slice(1)), `${runbook.name}: ${command}`).toBe("");
        if (words[0] === "tandem" && words[1] === "runbook" && words[2] !== undefined && !words[2].startsWith("-"))
          expect(runbooks.map(({ name }) => name)).toContain(words[2]);
      }
    for (const runbook of runbooks)
      for (const [, name] of textOf(pathOf(runbook)).matchAll(/`tandem runbook ([a-z-]+)`/g))
        expect(
          runbooks.map((each) => each.name),
          runbook.name,
        ).toContain(name);
  });

  it("start no service's container that is stopped: a cold standby beside its owner would be a second writer", () => {
    for (const runbook of runbooks)
      for (const { text } of runbook.sections.flatMap(({ steps }) => steps).flatMap(({ commands }) => commands))
        expect(text, runbook.name).not.toMatch(/docker (re)?start .*docker ps -a.*tandem\.service/);
  });

  it("reach machines by tandem ssh alone, and hubs without a tunnel", () => {
    for (const runbook of runbooks) {
      expect(textOf(pathOf(runbook)), runbook.name).not.toMatch(/^ssh .*\{(?!witness)|127\.0\.0\.1:19000/m);
      for (const [, command = ""] of textOf(pathOf(runbook)).matchAll(/^tandem ssh \{\w+\}.* -- ['"]?(\S+)/gm))
        expect(command, runbook.name).toMatch(onMachines);
    }
  });

  it("go to another witness than the one that is lost", () => {
    expect(textOf("procedures/lose-the-witness.md")).not.toContain("{witness}");
  });

  it("would not pass with a command or an option that is not there", () => {
    expect(misuse(["ledger", "--hubs", "x"])).toBe("ledger has no option --hubs");
    expect(misuse(["leger"])).toBe("tandem takes no leger");
    expect(misuse(["take"])).toBe("take wants 1 arguments");
    expect(misuse(["maintenance", "on", "mainpc", "--minutes", "5"])).toBe("");
  });

  it("leave open only what a list of 11 placeholders names, which the index explains", () => {
    const known = Object.keys(placeholders);
    expect(known).toHaveLength(11);
    for (const runbook of runbooks)
      for (const name of namesIn(textOf(pathOf(runbook)))) expect(known, runbook.name).toContain(name);
    expect([...index.matchAll(/^\| `\{(\w+)\}`/gm)].map(([, name]) => name)).toEqual(known);
  });

  it("stand in the index, alerts with their severity, and link only to files that are there", () => {
    for (const { name } of alerts)
      expect(index).toContain(`| [${name}](${name}.md) | ${alertSeverities[name as keyof typeof alertSeverities]} |`); // all are, above
    for (const { name } of procedures) expect(index).toContain(`| [${name}](procedures/${name}.md) |`);
    for (const path of ["README.md", ...runbooks.map(pathOf)])
      for (const [, link = ""] of textOf(path).matchAll(/\]\(([^)#]+)\)/g))
        expect(existsSync(join(runbookDir, path, "..", link)), `${path}: ${link}`).toBe(true);
  });

  it("are short: none has more than 130 lines", () => {
    for (const runbook of alerts) expect(textOf(pathOf(runbook)).split("\n").length, runbook.name).toBeLessThan(130);
  });
});
