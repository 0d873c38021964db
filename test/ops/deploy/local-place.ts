/** A machine that is this computer with folders of its own, so that scripts for machines run here. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
