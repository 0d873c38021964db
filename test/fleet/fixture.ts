/** A small inventory in a folder of its own, for tests that change one thing of it and look at what the check says. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadFleet } from "../../fleet/load.ts";

/** Two small inventories without a fault; a test changes one thing of them. */
export const mainpc = `machine: mainpc
gpu: RTX 4090
failover: required
capacity: { memoryMb: 8192, vramMb: 4096 }
agents:
  - name: Store
    group: core
    port: 5000
    healthPort: 6000
    httpPort: 6001
    health: { kind: zmq }
    required: true
    mode: warm
    singleWriter: { value: true, reason: it owns the files it writes }
    priority: 1
    memoryMb: 1024
    vramMb: 512
    standby: { port: 5100, healthPort: 6100, httpPort: 6101 }
    route: 7500
`;
export const pc2 = `machine: pc2
gpu: RTX 3060
capacity: { memoryMb: 8192, vramMb: 4096 }
agents:
  - { name: Reader, group: edge, port: 5000, healthPort: 6000, httpPort: 6001, health: { kind: http }, required: true }
  - { name: Writer, group: edge, port: 5002, healthPort: 6002, httpPort: 6002, health: { kind: http }, required: true, needs: [Reader] }
failover: optional
`;
/** An agent that stays, to be appended to mainpc's. */
export const disk = `  - name: Disk
    group: core
    port: 5004
    healthPort: 6004
    httpPort: 6005
    health: { kind: zmq }
    required: true
    mode: notify
    singleWriter: { value: true, reason: it owns the files it writes }
    priority: 1
    memoryMb: 64
    vramMb: 0
`;
/** A machine without a hub, whose agents the hub of pc2 looks after. */
export const nas = `machine: nas
watchedBy: pc2
gpu: none
failover: optional
agents:
  - { name: Archive, group: storage, port: 5000, healthPort: 6000, httpPort: 6001, health: { kind: http }, required: false }
`;
export const batches = `batches:
  - { name: first, agents: [pc2/Reader, mainpc/Store] }
  - { name: second, agents: [pc2/Writer] }
`;

export interface Files {
  mainpc?: string;
  pc2?: string;
  batches?: string;
  /** A third machine's file. @default there is none */
  nas?: string;
}

/** A folder of the system's temporary ones; `remove` takes it away again. */
export function scratchFleet() {
  const dir = mkdtempSync(join(tmpdir(), "tandem-fleet-"));
  const write = (files: Files) => {
    writeFileSync(join(dir, "mainpc.yaml"), files.mainpc ?? mainpc);
    writeFileSync(join(dir, "pc2.yaml"), files.pc2 ?? pc2);
    writeFileSync(join(dir, "batches.yaml"), files.batches ?? batches);
    if (files.nas === undefined) rmSync(join(dir, "nas.yaml"), { force: true });
    else writeFileSync(join(dir, "nas.yaml"), files.nas);
  };
  const findings = (files: Files) => {
    write(files);
    return loadFleet(dir).findings;
  };
  return {
    dir,
    write,
    findings,
    /** `file:line code message` of each. */
    found: (files: Files) =>
      findings(files).map(({ file, line, code, message }) => `${file}:${line} ${code} ${message}`),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
