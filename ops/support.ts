/** `tandem support`: one file for a bug report, with all that helps to understand a pair and without its secrets. */
import { readFileSync } from "node:fs";
import { arch, platform, release } from "node:os";
import type { Command } from "commander";
import { fleetDirectoryOf } from "../components/site-fleet.ts";
import { fleetDir, loadFleet } from "../fleet/load.ts";
import { messageOf } from "../hub/io/log.ts";
import { lookAround } from "./doctor/look-around.ts";
import { toText as doctorText } from "./doctor/report.ts";
import { hubUrls, localRun, mindingNames } from "./ledger/hubs.ts";
import { machineNames } from "./local/site.ts";
import { type Pattern, patternsOf } from "./secrets/patterns.ts";
import { secretsOf } from "./secrets/pulumi.ts";
import { readStacks, type Stack, siteDir } from "./site/stacks.ts";
import { askStatus } from "./status/ask.ts";
import { statusText } from "./status/text.ts";
import { statusOf } from "./status/view.ts";
import { Bundle, cleaned, manifestText, pack } from "./support/bundle.ts";
import { addHub } from "./support/hubs.ts";
import { addLocalRun } from "./support/local.ts";
import { scrub } from "./support/scrub.ts";
import { addSite } from "./support/site.ts";
import { type Progress, progressOf } from "./terminal/progress.ts";

interface SupportOptions {
  out?: string;
  data?: string;
  stacksOnly?: boolean;
  stack?: string[];
  dir: string;
  fleet?: string;
  json: boolean;
}

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }; // our own file

export function registerSupport(program: Command): void {
  mindingNames(program.command("support"))
    .description(
      "write a bundle for a bug report: versions, status, doctor, ledger, inventory, stacks, listings, deployments, ends of logs, " +
        "metrics of the hubs; secrets are taken out, and nothing is written when something that looks like one is left",
    )
    .option("--out <file>", "the file (default: tandem-support-<time>.tar.gz here)")
    .option("--data <dir>", "of the local run that keeps its data there (default: .tandem while one runs)")
    .option("--stack <name...>", "else of these stacks (default: the pair's and the satellites')")
    .option("--dir <folder>", "folder with Pulumi.yaml and the stacks' files", siteDir)
    .option("--fleet <dir>", "folder of the inventory, when it is another one than the site's")
    .option("--json", "print one JSON object", false)
    .addHelpText(
      "after",
      "\nExample:\n  $ tandem support --out report.tar.gz && tar -xzOf report.tar.gz tandem-support/MANIFEST",
    )
    .action(support);
}

async function support(options: SupportOptions): Promise<void> {
  const at = new Date().toISOString();
  const out = options.out ?? `tandem-support-${at.slice(0, 19).replaceAll(":", "")}.tar.gz`;
  const data = localRun(options);
  const stacks = data === undefined ? readStacks(options.stack, options.dir) : [];
  const bundle = new Bundle();
  const progress = progressOf(options);
  const opening = { title: "opening the stacks' secrets", work: () => ofStacks(stacks, bundle) };
  const known = [...ofEnvironment(), ...(stacks.length === 0 ? [] : await progress.step(opening))];
  await collect(bundle, data, stacks, options, progress);
  const inOrder = bundle.entries.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const { entries, removed } = cleaned(inOrder, known);
  const secrets = new Set(known.map(({ secret }) => secret)).size;
  const about = manifestText(entries, bundle.missed, { at, version: manifest.version, removed, secrets });
  const [first] = cleaned([{ path: "MANIFEST", from: "tandem support", text: about }], known).entries;
  await pack(first === undefined ? entries : [first, ...entries], out);
  // An error's words may hold what the one who failed was told.
  const missed = bundle.missed.map((one) => ({ ...one, why: scrub(one.why, known).text }));
  const text = [
    `${out}: ${entries.length} files, ${removed} places taken out that held a secret or looked like one`,
    ...missed.map(({ path, from, why }) => `not fetched: ${path} from ${from}: ${why}`),
    "Look through it before you give it away: addresses and names of agents are in it",
  ].join("\n");
  const files = entries.map(({ path }) => path);
  process.stdout.write(`${options.json ? JSON.stringify({ out, files, removed, missed }) : text}\n`);
}

async function collect(
  bundle: Bundle,
  data: string | undefined,
  stacks: readonly Stack[],
  options: SupportOptions,
  progress: Progress,
): Promise<void> {
  const pair = stacks.filter(({ site }) => site.role === "pair");
  const asked = { ...(data !== undefined && { data }), stacksOnly: data === undefined };
  const urls = hubUrls({ ...asked, stack: pair.map(({ name }) => name), dir: options.dir });
  const names = data === undefined ? pair.map(({ site }) => site.machine.name) : machineNames;
  await bundle.add("versions.json", "this computer", versions);
  const firstStack = stacks[0];
  const fleet = options.fleet ?? (firstStack === undefined ? fleetDir : fleetDirectoryOf(firstStack.site));
  await bundle.add("fleet-check.json", fleet, () => JSON.stringify(loadFleet(fleet).findings, null, 2));
  const askHubs = async () => {
    await bundle.add("status.txt", urls.join(" and "), async () => {
      return statusText(statusOf(await Promise.all(urls.map(askStatus))));
    });
    await Promise.all(urls.map((url, i) => addHub(bundle, names[i] ?? `hub-${i}`, url)));
  };
  await progress.steps([
    { title: "asking the hubs", work: askHubs },
    {
      title: "fetching files and the ends of logs",
      work: () => (data === undefined ? addSite(bundle, stacks) : addLocalRun(bundle, data, machineNames)),
    },
  ]);
  await bundle.add("doctor.txt", "tandem doctor", async () => {
    const { reports } = await lookAround(() => stacks, data, manifest.version, progress);
    return doctorText(reports);
  });
}

const versions = (): string =>
  JSON.stringify({
    tandem: manifest.version,
    node: process.version,
    platform: platform(),
    arch: arch(),
    release: release(),
  });

/** What the operator's own environment calls a secret must not be in it, either. */
function ofEnvironment(): Pattern[] {
  const isSecret = (name: string) => /PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|CREDENTIAL/i.test(name);
  return Object.entries(process.env).flatMap(([name, value = ""]) =>
    isSecret(name) && !/_FILE$/.test(name) ? patternsOf({ name: `$${name}`, value }) : [],
  );
}

async function ofStacks(stacks: readonly Stack[], bundle: Bundle): Promise<Pattern[]> {
  const found = await Promise.all(
    stacks.map(async (stack) => {
      try {
        return (await secretsOf(stack)).flatMap(patternsOf);
      } catch (error) {
        const why = `its secrets could not be opened, so they were searched for by their looks only: ${messageOf(error).split("\n")[0]}`;
        bundle.missed.push({ path: "(secrets)", from: stack.path, why });
        return [];
      }
    }),
  );
  return found.flat();
}
