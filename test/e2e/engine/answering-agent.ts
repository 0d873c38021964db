/** The inventory of a machine whose one agent has a standby and answers 200 to whatever it is asked. */

/** Clients on one port, and those that ask for its health on another. */
const program =
  "const answer = (request, response) => response.end(); " +
  "for (const port of [{port}, {httpPort}]) require('http').createServer(answer).listen(port)";

export interface AnsweringAgent {
  machine: string;
  name: string;
  mode: "warm" | "cold";
  /** Port of the routers that leads to it. */
  route: number;
  /** With Node. */
  image: string;
}

export const answeringInventory = ({
  machine,
  name,
  mode,
  route,
  image,
}: AnsweringAgent): string => `machine: ${machine}
gpu: none
failover: required
capacity: { memoryMb: 1024, vramMb: 0 }
agents:
  - name: ${name}
    group: core
    required: true
    port: 7301
    healthPort: 7300
    httpPort: 7300
    health: { kind: http, intervalMs: 500 }
    metrics: { scraped: false }
    mode: ${mode}
    singleWriter: { value: false, reason: it keeps nothing }
    priority: 1
    memoryMb: 128
    vramMb: 0
    standby: { port: 7401, healthPort: 7400, httpPort: 7400 }
    route: ${route}
    container:
      image: ${image}
      command: [-e, "${program}"]
`;
