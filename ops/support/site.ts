/** Collects what a deployed site's machines and stacks tell: files as deployed, deployments, and the ends of its servers' logs. */
import { readFileSync } from "node:fs";
import { listingScript, parseListing } from "../../components/drift-script.ts";
import { dockerCommand } from "../../components/reach.ts";
import { shellQuote } from "../../components/shell.ts";
import { rootsOf } from "../../components/site-reach.ts";
import { readArchive } from "../deploy/archive.ts";
import { onMachine, type Place, placeOf } from "../deploy/place.ts";
import type { Stack } from "../site/stacks.ts";
import type { Bundle } from "./bundle.ts";
import { tailLines } from "./local.ts";

const marker = "== tandem:";

export async function addSite(bundle: Bundle, stacks: readonly Stack[]): Promise<void> {
  await Promise.all(
    stacks.map(async (stack) => {
      const place = placeOf(stack);
      const { name } = place;
      await bundle.add(`stacks/Pulumi.${stack.name}.yaml`, stack.path, () =>
        withoutSecrets(readFileSync(stack.path, "utf8")),
      );
      await bundle.add(`${name}/files.txt`, `${name}, under ${rootsOf(stack.site).join(" and ")}`, async () =>
        filesText(await onMachine(place, listingScript(rootsOf(stack.site)))),
      );
      await bundle.add(`${name}/deployments.json`, `${name}, its records of deployments`, async () =>
        JSON.stringify((await readArchive(place)).kept, null, 2),
      );
      await addLogs(bundle, place);
    }),
  );
}

/** Whether each is as it was put there, and no hash: a short secret could be found out by its own. */
function filesText(listing: string): string {
  const { directories, files } = parseListing(listing);
  const lines = [...files].map(([path, { recorded, found, changedAt }]) => {
    const state = found === "absent" ? "absent" : found === recorded ? "same" : "differs";
    return `file ${state} ${changedAt} ${path}`;
  });
  return [...[...directories].map(([path, changedAt]) => `directory ${changedAt} ${path}`), ...lines].join("\n");
}

/** Ciphertexts too: whoever has the passphrase one day has them all. */
export function withoutSecrets(yaml: string): string {
  return yaml
    .replace(/^(\s*secure:\s*)\S.*$/gm, "$1[secret]")
    .replace(/^(\s*(?:encryptionsalt|encryptedkey):\s*)\S.*$/gm, "$1[secret]");
}

/** One connection for all of a machine's servers; agents' logs are not ours to send. */
async function addLogs(bundle: Bundle, place: Place): Promise<void> {
  const { name } = place;
  const from = `docker logs --tail ${tailLines} on ${name}`;
  try {
    const said = await onMachine(place, logsScript(name, dockerCommand(place.reach)), { as: "user" });
    for (const part of said.split(`\n${marker}`).slice(1)) {
      const end = part.indexOf("\n");
      await bundle.add(`${name}/logs/${part.slice(0, end)}.log`, from, () => part.slice(end + 1));
    }
  } catch (error) {
    await bundle.add(`${name}/logs`, from, () => Promise.reject(error));
  }
}

function logsScript(machine: string, docker: string): string {
  const label = shellQuote(`label=tandem.machine=${machine}`);
  return [
    // An engine that does not answer is no machine without servers.
    `names=$(${docker} ps -a --filter ${label} --format '{{.Names}}' </dev/null) || exit 1`,
    `printf '%s\\n' "$names" | grep ${shellQuote(`^tandem-${machine}-`)} | while IFS= read -r name; do`,
    `  printf '\\n${marker}%s\\n' "$name"`,
    `  ${docker} logs --timestamps --tail ${tailLines} "$name" 2>&1 </dev/null`,
    "done",
    "exit 0",
  ].join("\n");
}
