/** The supervisor's memory: the highest epoch of each service, on disk before anything is started. */
import { mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { Epoch } from "../core/failover/epoch.ts";
import type { KeptService } from "../core/supervisor/supervision.ts";
import { bootId } from "../io/boot-id.ts";
import { writeDurably } from "../io/write-durably.ts";

const Kept = z.strictObject({
  v: z.literal(1),
  /** Start of the machine in which this was written; empty where the kernel gives none. */
  boot: z.string(),
  services: z.record(z.string(), z.strictObject({ epoch: Epoch, goesOn: z.boolean() })),
});

export class KeptEpochs {
  readonly services: Readonly<Record<string, KeptService>>;
  readonly sameBoot: boolean;
  readonly #path: string;
  readonly #boot = bootId();

  /** Throws when the file is there and cannot be understood: a supervisor that has forgotten would obey an old owner. */
  constructor(path: string) {
    this.#path = path;
    const kept = readKept(path);
    this.services = kept?.services ?? {};
    this.sameBoot = kept !== undefined && this.#boot !== "" && kept.boot === this.#boot;
  }

  /** Resolves when it would survive a loss of power. One at a time. */
  save(services: Readonly<Record<string, KeptService>>): Promise<void> {
    // Made at the start: with a directory that is gone since, all that was kept is gone too.
    return writeDurably(this.#path, `${JSON.stringify({ v: 1, boot: this.#boot, services })}\n`, "there");
  }
}

function readKept(path: string): z.infer<typeof Kept> | undefined {
  mkdirSync(dirname(path), { recursive: true });
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined; // fs errors carry a code
    throw error;
  }
  try {
    return Kept.parse(JSON.parse(text));
  } catch {
    throw new Error(`${path} is damaged: see who owns each service at the hubs, then remove it`);
  }
}
