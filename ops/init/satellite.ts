/** Adds a satellite to a site that is there: its stack file, its entry in the stacks of the pair, and an inventory to begin with. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { trustedBy } from "../../components/tls-conf.ts";
import { OperatorError } from "../error.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { machineNames, readAnswersFile } from "./answers.ts";
import { askAddress, askHostKey, askPort } from "./ask.ts";
import type { SealedStack } from "./seal.ts";
import { isOwn, readStackFile, type StackFile, stackPath } from "./stack-file.ts";

export const SatelliteAnswers = z.strictObject({
  /** Where both hubs reach its agents. */
  address: z.string().min(1),
  /** Machine whose hub asks its agents. */
  watchedBy: z.enum(machineNames).default("pc2"),
  sshUser: z.string().min(1).default("root"),
  sshPort: z.number().int().min(1).max(65_535).default(22),
  /** Type and key as ssh-keyscan prints them, compared with the machine's console. */
  hostKey: z.string().min(1),
});
export type SatelliteAnswers = z.infer<typeof SatelliteAnswers>;

export const satelliteAnswersExample = `address: 10.0.0.30
watchedBy: pc2
hostKey: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI…
`;

export const readSatelliteAnswers = (path: string): SatelliteAnswers => readAnswersFile(path, SatelliteAnswers);

export async function askSatellite(terminal: Terminal, name: string, signal: AbortSignal): Promise<SatelliteAnswers> {
  const address = await askAddress(terminal, name);
  const watchedBy = await terminal.choose("Machine whose hub asks its agents", machineNames, "pc2");
  const sshUser = await terminal.ask(`User on ${name} for SSH`, { preset: "root" });
  const sshPort = Number(await askPort(terminal, `Port of sshd on ${name}`, "22"));
  const hostKey = await askHostKey(terminal, { name, address, sshPort }, signal);
  return SatelliteAnswers.parse({ address, watchedBy, sshUser, sshPort, hostKey });
}

export interface SatelliteTarget {
  /** Folder of Pulumi.yaml. */
  folder: string;
  project: string;
  name: string;
  /** Whether a stack file of that name may be replaced. */
  force: boolean;
}

/** The files of the pair's stacks, which must describe a site of one's own. Refuses before anything is asked. */
export function pairFiles({ folder, project, name, force }: SatelliteTarget): StackFile[] {
  const refuse = (code: string, what: string, next: string) => new OperatorError(`init.${code}`, what, next);
  if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(name) || (machineNames as readonly string[]).includes(name)) {
    const next = `Choose another of letters, digits, - and _, not ${machineNames.join(" or ")}`;
    throw refuse("satellite-name", `${name} cannot be a satellite's name`, next);
  }
  if (!force && existsSync(stackPath(folder, name))) {
    const next = "Change single keys with pulumi config set, or replace it: --force";
    throw refuse("exists", `${stackPath(folder, name)} describes a machine already`, next);
  }
  return machineNames.map((stack) => {
    const file = readStackFile(folder, stack);
    if (file !== undefined && isOwn(file, project)) return file;
    const what = `${stackPath(folder, stack)} does not describe a site of your own, to which ${name} could be added`;
    throw refuse("no-site", what, "Set the pair up first: tandem init");
  });
}

const Machine = z.looseObject({
  name: z.string(),
  address: z.string(),
  hubPort: z.number().default(9000),
  hubTls: z.boolean().default(false),
});
const Security = z.looseObject({ ca: z.string().default("") }).prefault({});
const Tls = z.looseObject({ certificate: z.string().default(""), ca: z.string().default("") }).prefault({});
const Hub = z.looseObject({ tls: Tls }).prefault({});
const Fleet = z.looseObject({ directory: z.string().default("") }).prefault({});
const Satellites = z.array(z.looseObject({ name: z.string() })).default([]);

/** The three stacks as they will be; a satellite has no secrets of its own to begin with. */
export function satelliteStacks(
  pair: readonly StackFile[],
  { folder, project, name }: SatelliteTarget,
  { address, sshUser, sshPort, hostKey }: SatelliteAnswers,
): SealedStack[] {
  const key = (group: string) => `${project}:${group}`;
  const machines = pair.map((file) => Machine.parse(file.config[key("machine")]));
  const directory = inventoryDirectory(pair, project);
  const groups = {
    role: "satellite",
    machine: { name, address },
    hubs: machines.map(({ name, address, hubPort, hubTls }, index) => {
      const { config = {} } = pair[index] ?? {};
      const hubCa = trustedBy(Hub.parse(config[key("hub")]).tls, Security.parse(config[key("security")]).ca);
      return { name, address, hubPort, ...(hubTls ? { hubTls, hubCa } : {}) };
    }),
    ...(directory === "" ? {} : { fleet: { directory } }),
    ssh: { user: sshUser, port: sshPort, hostKey },
  };
  const { config: _, ...encryption } = readStackFile(folder, name) ?? { config: {} };
  const config = Object.fromEntries(Object.entries(groups).map(([group, value]) => [key(group), value]));
  const knowing = pair.map((file, index): SealedStack => {
    const others = Satellites.parse(file.config[key("satellites")]).filter((one) => one.name !== name);
    const satellites = [...others, { name, address }];
    const stack = machines[index]?.name ?? "";
    return { stack, file: { ...file, config: { ...file.config, [key("satellites")]: satellites } }, secrets: {} };
  });
  return [{ stack: name, file: { ...encryption, config }, secrets: {} }, ...knowing];
}

/** Where the pair's stacks say that the inventory lies; empty when they do not. */
export function inventoryDirectory(pair: readonly StackFile[], project: string): string {
  return Fleet.parse(pair[0]?.config[`${project}:fleet`]).directory;
}

/** Writes the inventory that the program then asks for. @returns its path; undefined when there is one already, which stays */
export function writeInventory(directory: string, name: string, { watchedBy }: SatelliteAnswers): string | undefined {
  const path = join(directory, `${name}.yaml`);
  if (existsSync(path)) return undefined;
  mkdirSync(directory, { recursive: true });
  writeFileSync(path, inventoryText(name, watchedBy));
  return path;
}

export const inventoryText = (
  name: string,
  watchedBy: string,
) => `# The agents that live on ${name}. docs/fleet.md says what each key means.
machine: ${name}
# Which makes it a satellite: it has no hub, and the hub of ${watchedBy} asks its agents.
watchedBy: ${watchedBy}
gpu: none
failover: optional
# An agent reads so:
#   - { name: Archive, group: storage, required: false,
#       port: 7300, healthPort: 8300, httpPort: 17300, health: { kind: http } }
agents: []
`;
