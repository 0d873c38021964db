/** What tandem init must know of a site; one schema is check, default and document of the answers file. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { OperatorError } from "../error.ts";
import { machineDays } from "./certificates.ts";

export const machineNames = ["mainpc", "pc2"] as const;
export type MachineName = (typeof machineNames)[number];

const port = z.number().int().min(1).max(65_535);

const machine = (hubName: string, hubPort: number, natsPort: number, monitoringPort: number) =>
  z.strictObject({
    /** Where the other machine and the agents reach it. */
    address: z.string().min(1),
    hubName: z.string().min(1).default(hubName),
    hubPort: port.default(hubPort),
    natsPort: port.default(natsPort),
    monitoringPort: port.default(monitoringPort),
    sshUser: z.string().min(1).default("root"),
    sshPort: port.default(22),
    /** Type and key as ssh-keyscan prints them, compared with the machine's console. */
    hostKey: z.string().min(1),
  });

export const Answers = z.strictObject({
  mainpc: machine("ObservabilityHub", 9000, 4222, 8222),
  pc2: machine("EdgeHub", 9100, 4223, 8223),
  leaf: z.strictObject({ listener: z.enum(machineNames).default("mainpc"), port: port.default(7422) }).prefault({}),
  /** `host:port` of things that answer when the network does. */
  references: z.array(z.string()).default([]),
  /** Whether agents get a key for NATS. */
  agents: z.boolean().default(false),
  /** Images other than the defaults, by key of `images`. @example { nats: "registry.example.org/nats@sha256:…" } */
  images: z
    .strictObject({
      nats: z.string(),
      pushgateway: z.string(),
      hubBase: z.string(),
      hub: z.string(),
      prometheus: z.string(),
      grafana: z.string(),
      keepalived: z.string(),
    })
    .partial()
    .default({}),
  /** Validity of the two certificates of the link. */
  certificateDays: z.number().int().min(1).max(3_650).default(machineDays),
});
export type Answers = z.infer<typeof Answers>;

export const answersExample = `mainpc:
  address: 10.0.0.10
  hostKey: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI…
pc2:
  address: 10.0.0.20
  hostKey: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI…
references: ["10.0.0.1:53"]
`;

export const readAnswers = (path: string): Answers => readAnswersFile(path, Answers);

/** What a file of answers says, in YAML. @throws OperatorError that names each key that is wrong */
export function readAnswersFile<Schema extends z.ZodType>(path: string, schema: Schema): z.infer<Schema> {
  let written: unknown;
  try {
    written = parse(readFileSync(path, "utf8"));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new OperatorError("init.answers", `Cannot read ${path}: ${why}`, "Write it as tandem init --help shows");
  }
  const answers = schema.safeParse(written);
  if (answers.success) return answers.data;
  const problems = answers.error.issues.map(({ path: key, message }) => `${path}: ${key.join(".")}: ${message}`);
  throw new OperatorError("init.answers", problems.join("\n"), "Correct it; tandem init --help shows an example");
}
