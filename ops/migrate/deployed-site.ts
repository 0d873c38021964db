/** Two deployed machines, and satellites, as a site whose agents can be migrated: hub files by SSH, orders from the hubs' own containers. */
import { hostPort, hubUrlOf } from "../../components/address.ts";
import { shellQuote } from "../../components/shell.ts";
import { hubFileName, hubFileOf, renderHubFile } from "../../fleet/hub-file.ts";
import { requireFleet } from "../../fleet/load.ts";
import { giveOrders } from "../deploy/orders.ts";
import { onMachine, type Place, placeOf } from "../deploy/place.ts";
import { OperatorError } from "../error.ts";
import { type GiveOrders, keepDocuments } from "../site/keep-documents.ts";
import { readStacks } from "../site/stacks.ts";
import { type AgentHost, listeningPorts } from "./host.ts";
import type { MigrationSite } from "./site.ts";

/** Files that travel in one script: an argument of a command holds 128 KiB. */
const filesAtOnce = 15;

/** @param dir folder with Pulumi.yaml and the stacks' files @param fleetDir folder of the inventory @default the stacks' own */
export function deployedSite(dir: string, fleetDir: string | undefined, reports: string): MigrationSite {
  const places = readStacks(undefined, dir).map(placeOf);
  const pair = places.filter((place) => place.pair !== undefined);
  const configured = pair[0]?.stack.site.fleet.directory ?? "";
  const fleet = requireFleet(fleetDir ?? (configured === "" ? undefined : configured));
  const machineOf = (name: string) => {
    const site = pair.find((place) => place.name === name)?.pair;
    if (site === undefined) throw new RangeError(`${name} is not of the pair`);
    return site.machine;
  };
  const give = pair.map(
    (place): GiveOrders =>
      (orders, signal) =>
        giveOrders(place, orders, signal),
  );
  return {
    name: `the site in ${dir}`,
    fleet,
    hubs: new Map(pair.map(({ name }) => [name, hubUrlOf(machineOf(name))])),
    hosts: new Map(places.map((place) => [place.name, remoteHost(place)])),
    portsOf: (agent) => {
      if (!agent.isHub) return agent;
      const { hubPort } = machineOf(agent.machine);
      return { port: hubPort, healthPort: hubPort, httpPort: hubPort };
    },
    hubFile: (agent, stage, revision, machine) =>
      renderHubFile(
        hubFileOf({
          agent,
          fleet,
          stage,
          revision,
          machine,
          hubUrl: (name) => hubUrlOf(machineOf(name)),
          routeUrl: (name, route) => `http://${hostPort(machineOf(name).address, route)}`,
          natsUrl: (name) => `nats://${hostPort(machineOf(name).address, machineOf(name).natsPort)}`,
        }),
      ),
    keep: (documents) => keepDocuments(documents, give),
    give,
    reports,
  };
}

function remoteHost(place: Place): AgentHost {
  const root = `${place.stack.site.paths.config}/hubs`;
  return {
    machine: place.name,
    async revisions() {
      const said = await onMachine(place, revisionsScript(root));
      return new Map(said.split("\n").flatMap((line) => revisionOf(line) ?? []));
    },
    async write(files) {
      for (let i = 0; i < files.length; i += filesAtOnce)
        await onMachine(place, writeScript(root, files.slice(i, i + filesAtOnce)));
    },
    async remove(folders) {
      if (folders.length === 0) return;
      await onMachine(
        place,
        `rm -f ${folders.map((folder) => shellQuote(`${root}/${folder}/${hubFileName}`)).join(" ")}`,
      );
    },
    async listening() {
      const text = await onMachine(place, "cat /proc/net/tcp /proc/net/tcp6 2>/dev/null || true");
      return text.trim() === "" ? undefined : listeningPorts(text);
    },
  };
}

/** A line a file: its folder and its revision. */
export function revisionsScript(root: string): string {
  return [
    `cd ${shellQuote(root)} 2>/dev/null || exit 0`,
    `for file in */${hubFileName}; do`,
    '  [ -f "$file" ] || continue',
    `  revision=$(sed -n 's/^ *"revision": *\\([0-9]*\\).*/\\1/p' "$file" | head -n 1)`,
    `  printf '%s %s\\n' "\${file%/${hubFileName}}" "\${revision:-none}"`,
    "done",
  ].join("\n");
}

/** A file that names none is one of another revision than any. */
export function revisionOf(line: string): [string, number][] | undefined {
  const [, folder, revision] = /^(\S+) (\S+)$/.exec(line) ?? [];
  if (folder === undefined) return undefined;
  const number = Number(revision);
  return [[folder, Number.isInteger(number) ? number : Number.MAX_SAFE_INTEGER]];
}

/** Each file replaces its predecessor by a rename. */
export function writeScript(root: string, files: readonly { folder: string; text: string }[]): string {
  const lines = files.flatMap(({ folder, text }) => {
    const directory = `${root}/${folder}`;
    const [fresh, file] = [shellQuote(`${directory}/.${hubFileName}.new`), shellQuote(`${directory}/${hubFileName}`)];
    return [
      `mkdir -p ${shellQuote(directory)}`,
      `printf %s ${shellQuote(text)} >${fresh}`,
      `chmod 0644 ${fresh}`,
      `mv -f ${fresh} ${file}`,
    ];
  });
  return ["set -e", "umask 022", ...lines].join("\n");
}

/** @throws OperatorError when a machine of the fleet is none of the site */
export function requireHosts({ fleet, hosts, name }: Pick<MigrationSite, "fleet" | "hosts" | "name">): void {
  const away = fleet.inventories.find(({ machine }) => !hosts.has(machine));
  if (away === undefined) return;
  throw new OperatorError(
    "migrate.machine",
    `the inventory has the machine ${away.machine}, and ${name} has ${[...hosts.keys()].join(" and ")}`,
    "Name the inventory of this site with --fleet",
  );
}
