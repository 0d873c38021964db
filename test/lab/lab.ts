/** Two machines or three as containers with sshd and a Docker engine of their own, on which a real `pulumi up` can be tried. */
import { OperatorError } from "../../ops/error.ts";
import { until } from "../support/until.ts";
import { ensureBase } from "./base-image.ts";
import { ensureContainer, ensureNetwork, subnetOf } from "./containers.ts";
import * as disk from "./disk.ts";
import { docker, requireEngine } from "./docker.ts";
import { execute } from "./execute.ts";
import { type ExtraImage, extraImages, machineImage, stackImages } from "./images.ts";
import * as link from "./link.ts";
import { LabMachine, type LabUser } from "./machine.ts";
import {
  defaultName,
  type LabPlan,
  type MachineName,
  networkOf,
  type PlaceName,
  placeNames,
  planLab,
  satelliteName,
} from "./plan.ts";
import { type LabRecord, readRecord, writeRecord } from "./record.ts";
import { ensureKey, type LabKey, type SshAgent, sshArgs, startAgent, writeKnownHosts } from "./ssh.ts";
import { type SatelliteStackConfig, type StackConfig, satelliteConfig, stackConfig } from "./stack-config.ts";

export interface LabOptions {
  /** @default "default" */
  name?: string;
  /** Size of each machine's own disk, which carries /var/lib/tandem, MiB; sparse. @default 4096 */
  dataMb?: number;
  /** Whether there is a third machine, nas; once there it stays one of the lab. @default false */
  satellite?: boolean;
  /** Images beside those that each stack needs; once there they stay of the lab. @default none */
  extras?: readonly ExtraImage[];
  /** Gets a line for each step. @default none */
  say?: (line: string) => void;
}

const readyWithinMs = 60_000;

export class Lab {
  readonly plan: LabPlan;
  readonly mainpc: LabMachine;
  readonly pc2: LabMachine;
  /** Runs sshd alone; reaches both machines. */
  readonly jump: LabMachine;
  /** A machine for a satellite's stack; undefined in a lab without one. */
  readonly nas: LabMachine | undefined;
  readonly #key: LabKey;
  readonly #record: LabRecord;

  private constructor(plan: LabPlan, record: LabRecord, key: LabKey) {
    const machine = (name: PlaceName) => new LabMachine(plan.places[name], record.hostKeys[name] ?? "");
    this.plan = plan;
    this.mainpc = machine("mainpc");
    this.pc2 = machine("pc2");
    this.jump = machine("jump");
    this.nas = record.hostKeys.nas === undefined ? undefined : machine("nas");
    this.#key = key;
    this.#record = record;
  }

  /**
   * Makes what is missing of the lab, starts what is stopped, and resolves when every sshd and engine answers and both
   * engines hold the images that the stacks need.
   * @throws OperatorError `lab.no-engine`, `lab.no-subnet`, `lab.name`, `lab.name-taken`, `lab.refused`, `lab.not-ready`, and
   * those of the base image
   */
  static async up({
    name = defaultName,
    dataMb = 4_096,
    satellite = false,
    extras = [],
    say = () => {},
  }: LabOptions = {}): Promise<Lab> {
    networkOf(name);
    await requireEngine();
    const key = await ensureKey(name);
    const base = await ensureBase(say);
    const image = await machineImage(base, say);
    const before = readRecord(name);
    const wanted = extraImages.filter((extra) => extras.includes(extra) || before?.images[extra] !== undefined);
    const images = await stackImages(base, wanted, say);
    const plan = planLab(name, await ensureNetwork(name, say));
    const names = placeNames(satellite || before?.hostKeys.nas !== undefined);
    for (const at of names) await ensureContainer(plan, plan.places[at], { image, dataMb }, say);
    const record = { images, hostKeys: await authorize(plan, key, names) };
    writeRecord(name, record);
    const lab = new Lab(plan, record, key);
    writeKnownHosts(key.knownHosts, lab.places);
    await lab.#ready(names);
    for (const machine of lab.machines) {
      const loaded = await machine.putImages(Object.values(images).filter((image) => image !== undefined));
      if (loaded.length > 0) say(`${machine.name}: loaded ${loaded.join(", ")}`);
    }
    return lab;
  }

  /** A lab that was brought up before, in whatever state it is. @throws OperatorError `lab.absent` */
  static async open(name = defaultName): Promise<Lab> {
    networkOf(name);
    await requireEngine();
    const [record, subnet] = [readRecord(name), await subnetOf(name)];
    if (record !== undefined && subnet !== undefined)
      return new Lab(planLab(name, subnet), record, await ensureKey(name));
    throw new OperatorError("lab.absent", `There is no lab ${name}`, `Make it: npm run lab -- up --name ${name}`);
  }

  /** Those with an engine. */
  get machines(): LabMachine[] {
    return [this.mainpc, this.pc2, ...(this.nas === undefined ? [] : [this.nas])];
  }

  get places(): LabMachine[] {
    return [this.mainpc, this.pc2, this.jump, ...(this.nas === undefined ? [] : [this.nas])];
  }

  /** @throws OperatorError `lab.place` for a satellite that this lab does not have */
  machine(name: PlaceName): LabMachine {
    const machine = this[name];
    if (machine !== undefined) return machine;
    const next = `Add it: npm run lab -- up --satellite --name ${this.plan.name}`;
    throw new OperatorError("lab.place", `The lab ${this.plan.name} has no ${name}`, next);
  }

  /** Ends a machine with all that runs in it, at once, as a power cut does; its disks stay. */
  async kill(name: PlaceName): Promise<void> {
    await this.machine(name).kill();
  }

  /** Starts a machine that was killed or stopped; resolves when its sshd and engine answer. @throws OperatorError `lab.not-ready` */
  async start(name: PlaceName): Promise<void> {
    await docker(["start", this.machine(name).container]);
    await this.#ready([name]);
  }

  /** Takes a machine away for good, disks and host key included; `Lab.up` makes another one in its place. */
  async destroy(name: MachineName): Promise<void> {
    const { container, volumes } = this.plan.places[name];
    await docker(["rm", "--force", container]);
    if (volumes !== undefined) await docker(["volume", "rm", volumes.engine, volumes.disk]);
  }

  /** Drops all traffic between the two machines; this computer and the jump host still reach both. */
  async cutLink(): Promise<void> {
    await link.cutLink(this.mainpc, this.pc2);
  }

  /** Takes a machine off the network; what runs in it goes on. */
  async unplug(name: PlaceName): Promise<void> {
    await link.unplug(this.plan, this.machine(name));
  }

  /** Undoes `cutLink` and every `unplug`. */
  async heal(): Promise<void> {
    for (const machine of this.places) await link.plug(this.plan, machine);
    await link.healLink(this.mainpc, this.pc2);
  }

  /** @param path on the machine's own disk. @throws OperatorError `lab.disk-shared` */
  async fillDisk(name: MachineName, path = "/var/lib/tandem"): Promise<void> {
    await disk.fillDisk(this.machine(name), path);
  }

  async freeDisk(name: MachineName, path = "/var/lib/tandem"): Promise<void> {
    await disk.freeDisk(this.machine(name), path);
  }

  /** Starts an agent that holds the lab's key; end it with its `stop`. */
  sshAgent(): Promise<SshAgent> {
    return startAgent(this.#key);
  }

  /** Arguments of `ssh` before the command. */
  sshArgs(name: PlaceName, options: { user?: LabUser; throughJump?: boolean } = {}): string[] {
    return sshArgs(this.#key, this.machine(name), options.user, options.throughJump ? this.jump : undefined);
  }

  /** The configuration of a machine's stack, for `parseStackConfig` or, by `stackFile`, for `--config-file`. */
  stackConfig(machine: MachineName, user: LabUser = "root"): StackConfig {
    return stackConfig({
      machine,
      addresses: { mainpc: this.mainpc.address, pc2: this.pc2.address },
      hostKey: this[machine].hostKey,
      user,
      images: this.#record.images,
      reference: `${this.jump.address}:22`,
    });
  }

  /** The configuration of the satellite's stack. @param fleet folder of an inventory that has it */
  satelliteConfig(fleet: string, user: LabUser = "root"): SatelliteStackConfig {
    const { address, hostKey } = this.machine(satelliteName);
    return satelliteConfig({
      address,
      addresses: { mainpc: this.mainpc.address, pc2: this.pc2.address },
      hostKey,
      user,
      images: this.#record.images,
      fleet,
    });
  }

  async #ready(names: readonly PlaceName[]): Promise<void> {
    const answers = async (name: PlaceName) => {
      if ((await execute("ssh", [...this.sshArgs(name), "true"])).code !== 0) return false;
      return name === "jump" || (await this.machine(name).try("docker info >/dev/null")).code === 0;
    };
    const ready = async (name: PlaceName) => {
      await until(`sshd and engine of ${name}`, () => answers(name), readyWithinMs).catch((error: Error) => {
        const { container } = this.machine(name);
        const log = `docker logs ${container}, and docker exec ${container} tail /var/log/dockerd.log`;
        throw new OperatorError(
          "lab.not-ready",
          error.message,
          `Look at ${log}; a machine that is unplugged needs heal`,
        );
      });
    };
    await Promise.all(names.map(ready));
  }
}

/** Lets the lab's key in everywhere; resolves with the host keys, type and key. */
async function authorize(
  plan: LabPlan,
  { publicKey }: LabKey,
  names: readonly PlaceName[],
): Promise<LabRecord["hostKeys"]> {
  const script = `cat >/etc/ssh/authorized_keys <<'end'\n${publicKey}\nend\ncat /etc/ssh/ssh_host_ed25519_key.pub`;
  const take = (name: PlaceName) =>
    until(`the host key of ${name}`, async () => {
      const { code, stdout } = await new LabMachine(plan.places[name], "").try(script);
      return code === 0 ? stdout.trim().split(" ").slice(0, 2).join(" ") : undefined;
    });
  const nas = names.includes(satelliteName) ? take(satelliteName) : undefined;
  const [mainpc, pc2, jump] = await Promise.all([take("mainpc"), take("pc2"), take("jump")]);
  return { mainpc, pc2, jump, ...(nas === undefined ? {} : { nas: await nas }) };
}
