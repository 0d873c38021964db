/** Looks at what a Pushgateway holds: the push times of its groups, cheaply, or all of some groups. */
import { type Agent, type IncomingMessage, request } from "node:http";
import { setImmediate as nextTurn } from "node:timers/promises";
import { readBody, readPushTimes, readSighting, type Sighting } from "../core/gateway-groups.ts";
import { GatewaySplitter, type GroupBounds, type SplitGroup } from "../core/gateway-splitter.ts";

export interface GatewayAddress {
  host: string;
  port: number;
}

/** For one look, ms: 10,000 groups take a Pushgateway 0.6 s. */
const lookDeadlineMs = 10_000;
/** Read without a pause: a few ms. */
const sliceCharacters = 64 * 1024;

/** The family's lines stand together, and a comment begins the next one's: the Pushgateway's own metrics come behind. */
const firstLine = Buffer.from("\npush_time_seconds{");
const comment = Buffer.from("\n#");

/**
 * What is not asked for passes by unread, so that a look costs the hub next to nothing. Undefined when the Pushgateway cannot
 * show its metrics, which it refuses as a whole once one push contradicts another.
 */
export async function lookAtPushTimes(address: GatewayAddress, agent: Agent): Promise<Sighting[] | undefined> {
  return await get(address, agent, "/metrics", async (response) => {
    if (response.statusCode !== 200) return undefined;
    let held = Buffer.from("\n");
    let found = false;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      held = Buffer.concat([held, chunk]);
      if (!found) {
        const at = held.indexOf(firstLine);
        found = at >= 0;
        held = found ? held.subarray(at + 1) : held.subarray(-firstLine.length);
      }
      const end = found ? held.indexOf(comment) : -1;
      if (end >= 0) return await inSlices(held.subarray(0, end + 1).toString("utf8"));
    }
    return found ? await inSlices(held.toString("utf8")) : [];
  });
}

/** As `readPushTimes`, with pauses in which pushes are answered. */
async function inSlices(text: string): Promise<Sighting[] | undefined> {
  const sightings: Sighting[] = [];
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf("\n", from + sliceCharacters) + 1 || text.length;
    const some = readPushTimes(text.slice(from, end));
    if (some === undefined) return undefined;
    for (const sighting of some) sightings.push(sighting);
    from = end;
    await nextTurn();
  }
  return sightings;
}

/** A group of which all was asked. */
export interface GroupSighting extends Sighting {
  /** Of a PUT that would make it what it is; undefined when the group passes the bounds. */
  body: string | undefined;
}

/** The same groups as `lookAtPushTimes` of a Pushgateway that cannot show its metrics, at more cost for it. */
export async function lookAtGroups(address: GatewayAddress, agent: Agent, bounds: GroupBounds): Promise<Sighting[]> {
  return await get(address, agent, "/api/v1/metrics", async (response) => {
    const sightings: Sighting[] = [];
    for await (const group of groupsOf(response, bounds)) sightings.push(readSighting(group));
    return sightings;
  });
}

/** Groups with all that they hold. What is not wanted is passed over, and pushes are answered meanwhile, however much it is. */
export async function lookInto(
  address: GatewayAddress,
  agent: Agent,
  wanted: ReadonlySet<string>,
  bounds: GroupBounds,
): Promise<GroupSighting[]> {
  return await get(address, agent, "/api/v1/metrics", async (response) => {
    const sightings: GroupSighting[] = [];
    for await (const group of groupsOf(response, bounds)) {
      const sighting = readSighting(group);
      if (wanted.has(sighting.key)) sightings.push({ ...sighting, body: await bodyOf(group, bounds) });
    }
    return sightings;
  });
}

async function* groupsOf(response: IncomingMessage, bounds: GroupBounds): AsyncIterable<SplitGroup> {
  if (response.statusCode !== 200) throw new Error(`GET /api/v1/metrics was answered with ${response.statusCode}`);
  const splitter = new GatewaySplitter(bounds);
  for await (const chunk of response as AsyncIterable<Buffer>) yield* splitter.take(chunk);
  if (!splitter.isWhole) throw new Error("the answer to GET /api/v1/metrics is no list of groups");
}

async function bodyOf({ others }: SplitGroup, { bytes }: GroupBounds): Promise<string | undefined> {
  if (others === undefined) return undefined;
  const pieces: string[] = [];
  for (const piece of readBody(others, bytes)) {
    if (piece === undefined) return undefined;
    pieces.push(piece);
    await nextTurn();
  }
  return pieces.join("");
}

/** @param read must not go on with the answer once it has resolved: the connection is then let go */
function get<T>(
  { host, port }: GatewayAddress,
  agent: Agent,
  path: string,
  read: (response: IncomingMessage) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const asked = request({ host, port, path, agent }, (response) => {
      read(response)
        .then(resolve, reject)
        .finally(() => {
          clearTimeout(deadline);
          if (!response.complete) asked.destroy();
        });
    });
    const deadline = setTimeout(
      () => asked.destroy(new Error(`no whole answer in ${lookDeadlineMs} ms`)),
      lookDeadlineMs,
    );
    asked.on("error", (error) => {
      clearTimeout(deadline);
      reject(error);
    });
    asked.end();
  });
}
