/** A small fleet whose programs can be told apart and broken: a service with a standby, an agent without, and one on the other machine. */
import { scratchFleet } from "../../fleet/fixture.ts";

export const roamerRoute = 7_500;
export const plainPort = 7_310;

/** What each program answers with; `broken` ends at once and says why. */
export interface Versions {
  roamer: string;
  plain: string;
  edge: string;
}

const answering = (version: string): string =>
  version === "broken"
    ? "console.error('there is no model to load'); process.exit(3)"
    : `const answer = (request, response) => response.end(JSON.stringify({ status: 'healthy', version: '${version}' })); ` +
      "process.on('SIGTERM', () => process.exit()); for (const port of [{port}, {httpPort}]) require('http').createServer(answer).listen(port)";

const container = (image: string, version: string): string => `
    container:
      image: ${image}
      command: [-e, "${answering(version)}"]`;

const head = (machine: string): string => `machine: ${machine}
gpu: none
failover: optional
capacity: { memoryMb: 1024, vramMb: 0 }
agents:`;

const agent = (name: string, port: number): string => `
  - name: ${name}
    group: core
    required: true
    port: ${port + 1}
    healthPort: ${port}
    httpPort: ${port}
    health: { kind: http, intervalMs: 500 }
    metrics: { scraped: false }
    memoryMb: 128
    vramMb: 0`;

const movable = `
    mode: warm
    singleWriter: { value: false, reason: it keeps nothing }
    priority: 1
    standby: { port: 7401, healthPort: 7400, httpPort: 7400 }
    route: ${roamerRoute}`;

export class DeployFleet {
  readonly #folder = scratchFleet();
  readonly #image: string;
  #versions: Versions = { roamer: "one", plain: "one", edge: "one" };

  /** @param image with Node, on both machines */
  constructor(image: string) {
    this.#image = image;
    this.change({});
  }

  get dir(): string {
    return this.#folder.dir;
  }

  change(versions: Partial<Versions>): void {
    this.#versions = { ...this.#versions, ...versions };
    const { roamer, plain, edge } = this.#versions;
    this.#folder.write({
      mainpc: `${head("mainpc")}${agent("Roamer", 7_300)}${movable}${container(this.#image, roamer)}${agent("Plain", plainPort)}${container(this.#image, plain)}\n`,
      pc2: `${head("pc2")}${agent("Edge", 7_320)}${container(this.#image, edge)}\n`,
      batches: "batches: []\n",
    });
  }

  remove(): void {
    this.#folder.remove();
  }
}
