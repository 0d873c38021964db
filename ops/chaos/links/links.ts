/** All that passes between the machines of a pair: one link for each address at which one of them reaches the other. */
import type { Random } from "../random.ts";
import { type Condition, clear, type Direction } from "./condition.ts";
import { type Target, TcpLink } from "./tcp-link.ts";
import { UdpLink } from "./udp-link.ts";

/** What a link carries: the leaf between the NATS servers, HTTP between hubs and agents, NATS clients, beats, agents' ports. */
export const linkKinds = ["leaf", "http", "nats", "beats", "agent"] as const;
export type LinkKind = (typeof linkKinds)[number];

export interface Link {
  kind: LinkKind;
  /** Machine that dials. */
  from: string;
  to: string;
  target: Target;
  port: number;
}

type Carrier = TcpLink | UdpLink;

/** Below those that the kernel gives to outgoing connections. */
const firstPort = 20_000;
const lastPort = 23_999;
const portTries = 200;

export class Links {
  readonly #random: Random;
  readonly #spare: ReadonlySet<number>;
  readonly #links: (Link & { carriers: Carrier[] })[] = [];

  /** @param spare ports that others are going to listen on */
  constructor(random: Random, spare: ReadonlySet<number> = new Set()) {
    this.#random = random;
    this.#spare = spare;
  }

  get all(): readonly Link[] {
    return this.#links;
  }

  /** The link by which `from` reaches this address of `to`; the same one each time. Beats pass by TCP and UDP at one port. */
  async between(from: string, to: string, kind: LinkKind, target: Target): Promise<Link> {
    const known = this.#links.find(
      (link) => link.from === from && link.target.host === target.host && link.target.port === target.port,
    );
    if (known !== undefined) return known;
    const carriers = await this.#open(kind, target);
    const link = { kind, from, to, target, port: carriers[0]?.port ?? 0, carriers };
    this.#links.push(link);
    return link;
  }

  /** Lays a condition on what passes from one machine to the other, whoever dialled. @param kinds @default all */
  set(from: string, to: string, condition: Partial<Condition>, kinds: readonly LinkKind[] = linkKinds): void {
    for (const direction of this.#directions(from, to, kinds)) direction.set({ ...clear, ...condition });
  }

  /** Breaks the connections of these kinds and refuses new ones. */
  cut(kinds: readonly LinkKind[]): void {
    for (const carrier of this.#carriers(kinds)) carrier.cut();
  }

  /** Everything passes again as if nothing had been done. */
  async mend(kinds: readonly LinkKind[] = linkKinds): Promise<void> {
    for (const { forward, backward } of this.#carriers(kinds)) {
      forward.set(clear);
      backward.set(clear);
    }
    await Promise.all(this.#carriers(kinds).map((carrier) => carrier.mend()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#carriers(linkKinds).map((carrier) => carrier.close()));
  }

  async #open(kind: LinkKind, target: Target): Promise<Carrier[]> {
    for (let tries = 1; ; tries++) {
      const port = this.#random.between(firstPort, lastPort);
      if (this.#spare.has(port)) continue;
      const opened: Carrier[] = [];
      try {
        opened.push(await TcpLink.open({ target, random: this.#random.fork(), port }));
        if (kind === "beats") opened.push(await UdpLink.open({ target, random: this.#random.fork(), port }));
        return opened;
      } catch (error) {
        await Promise.all(opened.map((carrier) => carrier.close()));
        if (tries === portTries) throw error;
      }
    }
  }

  #carriers(kinds: readonly LinkKind[]): Carrier[] {
    return this.#links.filter(({ kind }) => kinds.includes(kind)).flatMap(({ carriers }) => carriers);
  }

  #directions(from: string, to: string, kinds: readonly LinkKind[]): Direction[] {
    return this.#links
      .filter(({ kind }) => kinds.includes(kind))
      .flatMap((link): Direction[] => {
        if (link.from === from && link.to === to) return link.carriers.map(({ forward }) => forward);
        return link.from === to && link.to === from ? link.carriers.map(({ backward }) => backward) : [];
      });
  }
}
