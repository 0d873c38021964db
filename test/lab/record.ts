/** What a lab remembers beside its key, so that it can be worked with while its machines are dead. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { labFolder } from "./ssh.ts";

const LabRecord = z.strictObject({
  hostKeys: z.strictObject({ mainpc: z.string(), pc2: z.string(), jump: z.string(), nas: z.string().optional() }),
  images: z.strictObject({
    nats: z.string(),
    pushgateway: z.string(),
    hubBase: z.string(),
    prometheus: z.string().optional(),
    keepalived: z.string().optional(),
  }),
});
export type LabRecord = z.infer<typeof LabRecord>;

export function writeRecord(name: string, record: LabRecord): void {
  writeFileSync(pathOf(name), `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
}

/** Undefined when the lab was never up, or was by another version of this file. */
export function readRecord(name: string): LabRecord | undefined {
  try {
    return LabRecord.parse(JSON.parse(readFileSync(pathOf(name), "utf8")));
  } catch {
    return undefined;
  }
}

const pathOf = (name: string) => join(labFolder(name), "lab.json");
