/** Keeps hub files true that outlive a run: one that starts with other ports writes them anew, as they were otherwise. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { hubFileName, hubFileOf, hubFolderOf, parseHubFile, renderHubFile } from "../../fleet/hub-file.ts";
import { type DataFolder, writeWhole } from "./data-folder.ts";
import { allMachineNames, filesOf, hubUrl, type Site } from "./site.ts";

/** A file that cannot be read, or is of nobody here, is left: its agent says so. */
export function renewHubFiles(site: Site, data: DataFolder): void {
  for (const machine of allMachineNames(site.fleet)) {
    const { hubs } = filesOf(data.machine(machine));
    for (const folder of existsSync(hubs) ? readdirSync(hubs) : []) {
      const path = join(hubs, folder, hubFileName);
      const agent = site.fleet.agents.find(
        ({ name, machine: home }) => folder === hubFolderOf(name, roleAt(machine, home)),
      );
      if (agent === undefined || !existsSync(path)) continue;
      const text = readFileSync(path, "utf8");
      const parsed = parseHubFile(text, { agent: agent.name, machine });
      if (!parsed.ok) continue;
      const { revision, stage, thresholds } = parsed.file;
      const fresh = renderHubFile(
        hubFileOf({
          agent,
          machine,
          fleet: site.fleet,
          revision,
          stage,
          thresholds,
          hubUrl: (name) => hubUrl(site, name),
          routeUrl: (name, route) => `http://127.0.0.1:${site.plan.of(name, route)}`,
          natsUrl: (name) => natsUrl(site, name),
        }),
      );
      if (fresh !== text) writeWhole(path, fresh);
    }
  }
}

const roleAt = (machine: string, home: string) => (machine === home ? "home" : "standby");

function natsUrl({ machines }: Site, name: string): string | undefined {
  const at = machines.find((machine) => machine.name === name)?.nats;
  return at && `nats://${at.host}:${at.port}`;
}
