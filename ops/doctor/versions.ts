/** Judges versions: of one machine's programs, and of two machines against each other. Pure. */
import { type Check, fail, ok, warn } from "./check.ts";

export interface Versions {
  nats?: string | undefined;
  pushgateway?: string | undefined;
  node?: string | undefined;
  engine?: string | undefined;
  /** The deployed hub's own. */
  tandem?: string | undefined;
}

const names = { nats: "nats-server", pushgateway: "Pushgateway", node: "Node", engine: "Docker", tandem: "tandem" };
type Part = keyof typeof names;
const parts = Object.keys(names) as Part[]; // its own keys

/** The least ones, and what is lost below. */
const least: Partial<Record<Part, { version: string; why: string; status: "warn" | "fail" }>> = {
  nats: { version: "2.10.0", why: "has no sync_interval, so an answer does not wait for the disk", status: "fail" },
  node: { version: "24.0.0", why: "is older than what the hub is built for", status: "fail" },
  engine: { version: "20.10.0", why: "is older than any that tandem was tried with", status: "warn" },
};

/** @param here version of this checkout */
export function checkVersions(versions: Versions, here: string, images: string): Check[] {
  const known = parts.filter((part) => versions[part] !== undefined);
  if (known.length === 0) return [];
  const low = known.flatMap((part) => {
    const bar = least[part];
    if (bar === undefined || compare(versions[part] ?? "", bar.version) >= 0) return [];
    const found = `${names[part]} ${versions[part]} ${bar.why}; ${bar.version} is the least`;
    const next = part === "engine" ? "Upgrade Docker there, at a time when its containers may restart" : images;
    return [bar.status === "fail" ? fail("versions", found, next) : warn("versions", found, next)];
  });
  const { tandem } = versions;
  const other =
    tandem === undefined || tandem === here
      ? []
      : [
          warn(
            "versions",
            `the hub is tandem ${tandem}, this is ${here}`,
            "tandem deploy, or use the checkout that was deployed",
          ),
        ];
  if (low.length + other.length > 0) return [...low, ...other];
  return [ok("versions", known.map((part) => `${names[part]} ${versions[part]}`).join(", "))];
}

/** Two machines that run different versions are well only in the middle of a deployment. */
export function checkSameVersions(machines: ReadonlyMap<string, Versions>): Check[] {
  return parts.flatMap((part) => {
    if (part === "engine") return [];
    const found = [...machines].flatMap(([machine, versions]) => {
      const version = versions[part];
      return version === undefined ? [] : [{ machine, version }];
    });
    if (new Set(found.map(({ version }) => version)).size < 2) return [];
    const each = found.map(({ machine, version }) => `${version} on ${machine}`).join(", ");
    return [warn("versions", `${names[part]} is ${each}`, "tandem deploy brings both machines to the same")];
  });
}

/** Below 0 when the first is older. @example compare("2.9.10", "2.10.0") < 0 */
function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(/[.-]/).map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
