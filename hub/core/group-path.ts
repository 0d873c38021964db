/** Reads a push's group from the path of its URL, and writes the group's key and path back. */

/** The labels that name a group: `job` first, then the others by name. */
export type Group = [string, string][];

export type GroupPath = { ok: true; group: Group } | { ok: false; reason: string };

const base64Suffix = "@base64";
/** Of a grouping label. */
export const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const base64Text = /^[A-Za-z0-9_-]*$/;

/**
 * Reads `/metrics/job/<job>{/<label>/<value>}`. Percent escapes are resolved before the path is split, as a Pushgateway
 * does, so a slash in a value needs `@base64`. An empty `instance` is left out of the group, because every series
 * without an instance is shown with an empty one and both would be the same series.
 * @param path the URL's path, still percent-encoded, without the query
 */
export function parseGroupPath(path: string): GroupPath {
  const decoded = decodePath(path);
  if (decoded === undefined) return refuse(`the path is not valid percent-encoded UTF-8: ${path}`);
  const segments = decoded.split("/");
  const [empty, metrics, jobName, rawJob, ...rest] = segments;
  if (empty !== "" || metrics !== "metrics" || (jobName !== "job" && jobName !== `job${base64Suffix}`)) {
    return refuse(`the path must be /metrics/job/<job>{/<label>/<value>}, got ${decoded}`);
  }
  const job = jobName === "job" ? rawJob : decodeBase64(rawJob ?? "");
  if (job === undefined && rawJob !== undefined) return refuse(`the job is not base64url of UTF-8 text: ${rawJob}`);
  if (job === undefined || job === "") return refuse("the job is empty; every push needs one: /metrics/job/<job>");
  const unclean = uncleanSegment(segments);
  if (unclean !== undefined) return refuse(unclean);

  // `/metrics/job/a/` is the group of the job alone.
  const pairs = rest.length === 1 && rest[0] === "" ? [] : rest;
  if (pairs.length % 2 !== 0) return refuse(`the label ${pairs.at(-1)} at the path's end has no value`);
  const labels = new Map<string, string>();
  for (let i = 0; i < pairs.length; i += 2) {
    const [rawName, rawValue] = [pairs[i] ?? "", pairs[i + 1] ?? ""];
    const encoded = rawName.endsWith(base64Suffix);
    const name = encoded ? rawName.slice(0, -base64Suffix.length) : rawName;
    if (!labelName.test(name) || name.startsWith("__")) return refuse(`${JSON.stringify(name)} is no label name`);
    const value = encoded ? decodeBase64(rawValue) : rawValue;
    if (value === undefined) return refuse(`the value of ${name} is not base64url of UTF-8 text: ${rawValue}`);
    labels.set(name, value);
  }
  labels.delete("job");
  if (labels.get("instance") === "") labels.delete("instance");
  const others = [...labels].sort(([a], [b]) => (a < b ? -1 : 1));
  return { ok: true, group: [["job", job], ...others] };
}

/** The group's identity, readable in logs: `job="backup",instance="nas"`. */
export function groupKey(group: Group): string {
  return group.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",");
}

/** The URL path that names the group, with base64 where a plain segment could not carry the value. */
export function groupPath(group: Group): string {
  return `/metrics${group.map(([name, value]) => segmentPair(name, value)).join("")}`;
}

function segmentPair(name: string, value: string): string {
  if (value === "") return `/${name}${base64Suffix}/=`;
  if (value.includes("/") || value === "." || value === "..") {
    return `/${name}${base64Suffix}/${Buffer.from(value).toString("base64url")}`;
  }
  return `/${name}/${encodeURIComponent(value)}`;
}

function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** Undefined when it is not base64url, with or without padding, of UTF-8 text. */
function decodeBase64(text: string): string | undefined {
  let end = text.length;
  // A pattern for what ends in = would begin anew at each = before.
  while (text[end - 1] === "=") end--;
  const bare = text.slice(0, end);
  if (!base64Text.test(bare) || bare.length % 4 === 1) return undefined;
  const bytes = Buffer.from(bare, "base64url");
  const value = bytes.toString("utf8");
  return Buffer.from(value).equals(bytes) ? value : undefined;
}

/** A Pushgateway redirects such paths to a cleaned one, where they would name another group. */
function uncleanSegment(segments: string[]): string | undefined {
  const inner = segments.slice(1, -1);
  if (inner.includes("")) return `an empty value inside the path needs base64: <label>${base64Suffix}/=`;
  const dots = segments.find((segment) => segment === "." || segment === "..");
  return dots === undefined ? undefined : `a value ${dots} needs base64: <label>${base64Suffix}/<value in base64url>`;
}

function refuse(reason: string): GroupPath {
  return { ok: false, reason };
}
