/** A machine that is this computer with folders of its own, so that scripts for machines run here. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { parseStack } from "../../../components/stack-config.ts";
import { type Place, placeOf } from "../../../ops/deploy/place.ts";

export function localPlaces(...names: string[]): { places: Place[]; folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "tandem-deploy-"));
  const places = names.map((name) => {
    const peer = name === "mainpc" ? "pc2" : "mainpc";
    const values = {
      machine: { name, address: "127.0.0.1" },
      peer: { name: peer, address: "127.0.0.2" },
      docker: { socket: "unix:///nowhere/docker.sock" },
      paths: { data: join(folder, name) },
    };
    return placeOf({ name, path: join(folder, `Pulumi.${name}.yaml`), site: parseStack(values, name) });
  });
  return { places, folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Writes the file of a machine's stack. @param change further keys, such as ports */
export function writeStack({ stack: { path, site } }: Place, change: { machine?: object; peer?: object } = {}): void {
  if (site.role !== "pair") throw new RangeError(`${site.machine.name} is of no pair`);
  const { docker, paths } = site;
  const [machine, peer] = (["machine", "peer"] as const).map((key) => ({ ...site[key], ...change[key] }));
  const config = Object.entries({ machine, peer, docker, paths }).map(([key, value]) => [`tandem:${key}`, value]);
  writeFileSync(path, stringify({ config: Object.fromEntries(config) }));
}
