/** The inventory of a lab's satellite with one agent, whose program is in every image with Node. */

export const archivePort = 7_300;
/** Answers 200 to whatever is asked, on the port that the inventory gives it. */
const program = "require('http').createServer((request, response) => response.end()).listen({httpPort})";

/** @param secrets names of the stack's `agentSecrets` */
export const archiveInventory = (image: string, secrets: readonly string[] = []): string => `machine: nas
watchedBy: pc2
gpu: none
failover: optional
agents:
  - name: Archive
    group: storage
    required: false
    port: 7301
    healthPort: ${archivePort}
    httpPort: ${archivePort}
    health: { kind: http }
    metrics: { scraped: false }
    memoryMb: 128
    container:
      image: ${image}
      command: [-e, "${program}"]
      data: /app/data
      secrets: [${secrets.join(", ")}]
`;
