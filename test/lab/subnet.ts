/** Chooses the addresses of a lab: a /24 that no network of this computer overlaps. */
import { OperatorError } from "../../ops/error.ts";

/** A private range that neither Docker's own pools nor common home routers use. */
const candidates = Array.from({ length: 64 }, (_, index) => `10.213.${index}.0/24`);

/**
 * @param taken IPv4 networks in CIDR; others are passed over. @example ["172.17.0.0/16", "10.213.0.1/24"]
 * @throws OperatorError `lab.no-subnet` when all 64 are taken.
 */
export function chooseSubnet(taken: readonly string[]): string {
  const ranges = taken.map(rangeOf).filter((range) => range !== undefined);
  const free = candidates.find((candidate) => {
    const own = rangeOf(candidate);
    return own !== undefined && !ranges.some((other) => other.first <= own.last && own.first <= other.last);
  });
  if (free !== undefined) return free;
  throw new OperatorError(
    "lab.no-subnet",
    `All ${candidates.length} networks from ${candidates[0]} to ${candidates.at(-1)} overlap one that this computer has`,
    "Remove labs that are not needed (npm run lab -- down --name <name>) or networks of Docker (docker network prune)",
  );
}

/** @example hostIn("10.213.4.0/24", 10) === "10.213.4.10" */
export function hostIn(subnet: string, host: number): string {
  return subnet.replace(/\.\d+\/24$/, `.${host}`);
}

/** First and last address as numbers; undefined for what is not IPv4. */
function rangeOf(cidr: string): { first: number; last: number } | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr);
  if (match === null) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, bits = 0] = match.slice(1).map(Number);
  const size = 2 ** (32 - bits);
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  const first = address - (address % size);
  return { first, last: first + size - 1 };
}
