/** The containers that may do what the rules forbid: each says so by a label, and here stands what it may, and why. */

export const exceptionLabel = "tandem.exception";

interface Allowed {
  why: string;
  /** User 0 of the container. */
  root?: true;
  /** Capabilities, beside none. */
  capabilities?: readonly string[];
  /** Sees the socket of the machine's engine. */
  engine?: true;
  /** Has no health check. */
  unchecked?: true;
}

export const exceptions = {
  "moves-addresses": {
    why: "keepalived adds an address to the machine and sends ARP for it, which root with these alone may do",
    root: true,
    capabilities: ["CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_SETGID"],
  },
  "speaks-to-the-engine": {
    why: "the supervisor starts and stops cold standbys through the engine's socket, which belongs to root",
    root: true,
    engine: true,
  },
  "asked-by-the-hub": {
    why: "the agent's image holds nothing to ask with; the hub asks the agent over the network instead",
    unchecked: true,
  },
} as const satisfies Record<string, Allowed>;

export type Exception = keyof typeof exceptions;

const isException = (name: string): name is Exception => Object.hasOwn(exceptions, name);

/** What a container with these labels may; nothing for one without the label, undefined for a word that is not known. */
export function allowedBy(labels: readonly { label: string; value: string }[]): Partial<Allowed> | undefined {
  const named = labels.find(({ label }) => label === exceptionLabel)?.value;
  if (named === undefined) return {};
  return isException(named) ? exceptions[named] : undefined;
}
