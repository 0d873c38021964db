/** The two stack files of a site: its answers as Pulumi's configuration, and what may be replaced by them. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Document, parse } from "yaml";
import { z } from "zod";
import { OperatorError } from "../error.ts";
import type { Answers, MachineName } from "./answers.ts";
import type { PublicHalves } from "./identity.ts";

const StackFile = z.looseObject({ config: z.record(z.string(), z.unknown()).default({}) });
export type StackFile = z.infer<typeof StackFile>;

/** Name of the project, which is the namespace of its keys. */
export function projectOf(dir: string): string {
  try {
    const text = readFileSync(join(dir, "Pulumi.yaml"), "utf8");
    return z.object({ name: z.string().regex(/^[\w.-]+$/) }).parse(parse(text)).name;
  } catch {
    throw new OperatorError("init.no-project", `There is no Pulumi.yaml of a project in ${dir}`, "Name it with --dir");
  }
}

export const stackPath = (folder: string, stack: string) => join(folder, `Pulumi.${stack}.yaml`);
const otherMachine = (name: MachineName): MachineName => (name === "mainpc" ? "pc2" : "mainpc");

/** Undefined when there is none. */
export function readStackFile(folder: string, stack: string): StackFile | undefined {
  const path = stackPath(folder, stack);
  return existsSync(path) ? StackFile.parse(parse(readFileSync(path, "utf8")) ?? {}) : undefined;
}

/** Whether somebody's own site stands in it; the shipped files have addresses that are reserved for documentation. */
export function isOwn(file: StackFile | undefined, project: string): boolean {
  const address: unknown = Reflect.get(Object(file?.config[`${project}:machine`]), "address");
  return typeof address === "string" && !address.startsWith("192.0.2.");
}

export interface StackConfigArgs {
  name: MachineName;
  /** Namespace of the keys. */
  project: string;
  answers: Answers;
  halves: PublicHalves;
  /** What the file held: how Pulumi encrypts for this stack is kept. */
  before: StackFile | undefined;
}

/** Groups as components/site.ts reads them. */
export function stackConfig({ name, project, answers, halves, before }: StackConfigArgs): StackFile {
  const own = answers[name];
  const { config: _, ...encryption } = before ?? { config: {} };
  const { references, images } = answers;
  const groups = {
    machine: machineGroup(name, answers),
    peer: machineGroup(otherMachine(name), answers),
    leaf: answers.leaf,
    ssh: { user: own.sshUser, port: own.sshPort, hostKey: own.hostKey },
    ...(Object.keys(images).length === 0 ? {} : { images }),
    ...(references.length === 0 ? {} : { references }),
    security: halves,
  };
  const config = Object.fromEntries(Object.entries(groups).map(([key, value]) => [`${project}:${key}`, value]));
  return { ...encryption, config };
}

export function stackText(file: StackFile): string {
  const document = new Document(file);
  document.commentBefore = " Written by tandem init. docs/pulumi.md explains every key; secrets are encrypted.";
  return document.toString({ lineWidth: 0 });
}

function machineGroup(name: MachineName, answers: Answers): object {
  const { address, hubName, hubPort, natsPort, monitoringPort } = answers[name];
  return { name, address, hubName, hubPort, natsPort, monitoringPort };
}
