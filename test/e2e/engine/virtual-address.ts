/** The address that a pair's hubs share: who has it, and who answers at it, as the lab's machines see it. */
import type { Lab } from "../../lab/lab.ts";
import { hostIn } from "../../lab/subnet.ts";
import { until } from "../../support/until.ts";
import { type Stack, stacks } from "./deployed-pair.ts";

/** keepalived needs seconds; the lab's machines share one computer. */
export const moveMs = 60_000;
export const otherOf = (stack: Stack): Stack => (stack === "mainpc" ? "pc2" : "mainpc");

export class VirtualAddress {
  readonly address: string;
  readonly url: string;
  readonly #lab: Lab;

  constructor(lab: Lab, hubPort: number) {
    this.#lab = lab;
    this.address = hostIn(lab.plan.subnet, 100);
    this.url = `http://${this.address}:${hubPort}`;
  }

  /** The interface of a machine that the other one is reached by. */
  async interfaceOf(stack: Stack): Promise<string> {
    const route = await this.#lab[stack].exec(`ip -4 -oneline route get ${this.#lab[otherOf(stack)].address}`);
    return / dev (\S+)/.exec(route)?.[1] ?? "";
  }

  /** Those of the living machines that have it. */
  async holders(): Promise<Stack[]> {
    const asked = stacks.map(async (stack) => {
      const { code, stdout } = await this.#lab[stack].try("ip -4 -oneline address show");
      return code === 0 && stdout.includes(` ${this.address}/24 `) ? [stack] : [];
    });
    return (await Promise.all(asked)).flat();
  }

  /** Waits until it is on this machine alone. */
  async on(stack: Stack): Promise<void> {
    await until(`${this.address} on ${stack}`, async () => (await this.holders()).join() === stack, moveMs);
  }

  /** Waits until one machine alone has it, and both get an answer there. */
  async oneHolder(): Promise<Stack> {
    const alone = async () => {
      const [first, ...others] = await this.holders();
      return others.length === 0 ? first : undefined;
    };
    const holder = await until("one machine with the address", alone, moveMs);
    for (const stack of stacks) await this.answers(stack);
    return holder;
  }

  /** Waits until a hub that is ready answers there to a client on this machine. */
  async answers(stack: Stack): Promise<void> {
    const options = "--quiet --tries 1 --timeout 2 --server-response --output-document /dev/null";
    const ready = async () => {
      const { code, stderr } = await this.#lab[stack].try(`wget ${options} ${this.url}/readyz`);
      return code === 0 && /^ *HTTP\/1\.1 200 /m.test(stderr);
    };
    await until(`an answer at ${this.address} to ${stack}`, ready, moveMs);
  }
}
