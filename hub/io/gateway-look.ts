/** Looks at what a Pushgateway holds: the push times of its groups, cheaply, or all of it. */
import { type Agent, type IncomingMessage, request } from "node:http";
import { type FullSighting, readGateway, readPushTimes, type Sighting } from "../core/gateway-groups.ts";

export interface GatewayAddress {
  host: string;
  port: number;
}

/** For one look, ms: 10,000 groups take a Pushgateway 0.6 s. */
const lookDeadlineMs = 10_000;
/** Largest answer that is read whole, bytes. */
const maxWholeBytes = 256 * 1024 * 1024;

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
    await new Promise(setImmediate);
  }
  return sightings;
}

/** Groups with all that they hold: those that are wanted, or all. */
export async function lookAtAll(
  address: GatewayAddress,
  agent: Agent,
  wanted?: ReadonlySet<string>,
): Promise<FullSighting[]> {
  return await get(address, agent, "/api/v1/metrics", async (response) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > maxWholeBytes) throw new Error(`it holds more than ${maxWholeBytes} bytes of metrics`);
    }
    if (response.statusCode !== 200) throw new Error(`GET /api/v1/metrics was answered with ${response.statusCode}`);
    return readGateway(JSON.parse(Buffer.concat(chunks).toString("utf8")), wanted);
  });
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
