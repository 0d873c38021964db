/** The local run as a site whose agents can be migrated: all of it lies in one data folder. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { hostPort } from "../../components/address.ts";
import { hubFileName, hubFileOf, renderHubFile } from "../../fleet/hub-file.ts";
import { requireFleet } from "../../fleet/load.ts";
import type { Fleet, PlacedAgent } from "../../fleet/model.ts";
import { HubConfig } from "../../hub/config.ts";
import { RouterConfig } from "../../hub/router/config.ts";
import { OperatorError } from "../error.ts";
import { askFleet } from "../local/agents/directory.ts";
import { writeWhole } from "../local/data-folder.ts";
import { allMachineNames, filesOf, machineNames } from "../local/site.ts";
import { givingTo, keepDocuments } from "../site/keep-documents.ts";
import { type AgentHost, listeningPorts } from "./host.ts";
import type { MigrationSite } from "./site.ts";

const Revision = z.object({ revision: z.number().int().nonnegative() });

/** @throws OperatorError when no pair was ever started there */
export async function localSite(dataDir: string, fleetDir: string): Promise<MigrationSite> {
  const fleet = requireFleet(fleetDir);
  const configs = new Map(machineNames.map((name) => [name as string, readHub(dataDir, name)]));
  const routes = new Map(machineNames.map((name) => [name as string, readRoutes(dataDir, name, fleet)]));
  const found = await askFleet(dataDir);
  const homes = new Map(
    found
      .filter(({ config }) => config.standbyOf === undefined)
      .map((one) => [`${one.machine}/${one.config.name}`, one.config]),
  );
  const urlOf = ({ host, port }: { host: string; port: number }) => `http://${hostPort(host, port)}`;
  const machineOf = (name: string) => {
    const config = configs.get(name);
    if (config === undefined) throw new RangeError(`${name} is not of the pair`);
    return config.machine;
  };
  const hubs = new Map([...configs.keys()].map((name) => [name, urlOf(machineOf(name).hub)]));
  const give = [...hubs.values()].map((hub) => givingTo(hub));
  return {
    name: `the local run in ${dataDir}`,
    // Only some of the agents may run there.
    fleet: { ...fleet, ...ofThose(fleet, (agent) => agent.isHub || homes.has(agent.id)) },
    hubs,
    hosts: new Map(allMachineNames(fleet).map((name) => [name, localHost(dataDir, name)])),
    portsOf(agent) {
      if (!agent.isHub) return homes.get(agent.id) ?? agent;
      const { port } = machineOf(agent.machine).hub;
      return { port, healthPort: port, httpPort: port };
    },
    hubFile: (agent, stage, revision, machine) =>
      renderHubFile(
        hubFileOf({
          agent,
          fleet,
          stage,
          revision,
          machine,
          hubUrl: (name) => urlOf(machineOf(name).hub),
          routeUrl: (name, route) =>
            urlOf({ host: machineOf(name).hub.host, port: routes.get(name)?.get(route) ?? route }),
          natsUrl: (name) => `nats://${hostPort(machineOf(name).nats.host, machineOf(name).nats.port)}`,
        }),
      ),
    keep: (documents) => keepDocuments(documents, give),
    give,
    reports: join(dataDir, "migration"),
  };

  function ofThose(whole: typeof fleet, runs: (agent: PlacedAgent) => boolean) {
    const agents = whole.agents.filter(runs);
    const ids = new Set(agents.map(({ id }) => id));
    const batches = whole.batches.map((batch) => ({ ...batch, agents: batch.agents.filter((id) => ids.has(id)) }));
    return { agents, batches: batches.filter((batch) => batch.agents.length > 0) };
  }
}

function localHost(dataDir: string, machine: string): AgentHost {
  const folder = filesOf(join(dataDir, machine)).hubs;
  const fileOf = (own: string) => join(folder, own, hubFileName);
  return {
    machine,
    async revisions() {
      const names = existsSync(folder) ? readdirSync(folder) : [];
      return new Map(names.flatMap((name) => (existsSync(fileOf(name)) ? [[name, revisionIn(fileOf(name))]] : [])));
    },
    async write(files) {
      for (const { folder: own, text } of files) {
        mkdirSync(join(folder, own), { recursive: true });
        writeWhole(fileOf(own), text);
      }
    },
    async remove(folders) {
      for (const own of folders) rmSync(fileOf(own), { force: true });
    },
    async listening() {
      try {
        return listeningPorts(["/proc/net/tcp", "/proc/net/tcp6"].map((path) => readFileSync(path, "utf8")).join("\n"));
      } catch {
        return undefined;
      }
    },
  };
}

/** A file that cannot be read is one of another revision than any. */
function revisionIn(path: string): number {
  try {
    return Revision.parse(JSON.parse(readFileSync(path, "utf8"))).revision;
  } catch {
    return Number.MAX_SAFE_INTEGER;
  }
}

function readHub(dataDir: string, machine: string): HubConfig {
  return readConfig(filesOf(join(dataDir, machine)).hubConfig, HubConfig, dataDir);
}

/** The port that a route of the inventory has become, by the inventory's. */
function readRoutes(dataDir: string, machine: string, fleet: Pick<Fleet, "agents">): Map<number, number> {
  const { routes } = readConfig(filesOf(join(dataDir, machine)).routerConfig, RouterConfig, dataDir);
  const own = new Map(routes.map(({ service, port }) => [service, port]));
  return new Map(
    fleet.agents.flatMap(({ name, route }) => {
      const port = own.get(name);
      return route === undefined || port === undefined ? [] : [[route, port] as const];
    }),
  );
}

function readConfig<T>(path: string, schema: z.ZodType<T>, dataDir: string): T {
  if (existsSync(path)) return schema.parse(JSON.parse(readFileSync(path, "utf8")));
  const next = "Start the pair with npm start, or name its folder with --data; a deployed site with --dir";
  throw new OperatorError("migrate.no-run", `${path} does not exist, so ${dataDir} is no local run's data`, next);
}
