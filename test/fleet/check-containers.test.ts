import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { disk, mainpc, pc2, scratchFleet } from "./fixture.ts";

/** Store of mainpc, with a container. */
const contained = (container: string) => `${mainpc}    container: ${container}\n`;

describe("the check of containers", () => {
  let scratch: ReturnType<typeof scratchFleet>;
  beforeEach(() => {
    scratch = scratchFleet();
  });
  afterEach(() => scratch.remove());

  it("takes an agent with image and GPU, and one that runs as the same user on the other machine", () => {
    const reader = "health: { kind: http }, required: true, memoryMb: 64, container: { image: r, uid: 20001 } }";
    const files = {
      mainpc:
        contained("{ image: s, gpu: true }") +
        disk.replace("vramMb: 0", "vramMb: 0\n    container: { image: d, uid: 20001 }"),
      pc2: pc2.replace("health: { kind: http }, required: true }", reader),
      batches: "batches: []\n",
    };
    expect(scratch.found(files)).toEqual([]);
  });

  it("refuses 512 MiB of VRAM without a GPU, a secret named twice, and a container without memoryMb", () => {
    const found = scratch.found({
      mainpc: contained("{ image: s, secrets: [KEY, KEY] }"),
      pc2: pc2.replace(
        "health: { kind: http }, required: true }",
        "health: { kind: http }, required: true, container: { image: r } }",
      ),
    });
    expect(found).toEqual([
      "mainpc.yaml:20 container.gpu mainpc/Store takes 512 MiB of VRAM, but its container gets no GPU",
      "mainpc.yaml:20 container.secret mainpc/Store names the secret KEY twice",
      "pc2.yaml:5 container.memory pc2/Reader has a container but no memoryMb",
    ]);
  });

  it("refuses a standby whose user an agent of that machine has already", () => {
    const reader = "health: { kind: http }, required: true, memoryMb: 64, container: { image: r, uid: 20001 } }";
    const found = scratch.found({
      mainpc: contained("{ image: s, gpu: true, uid: 20001 }"),
      pc2: pc2.replace("health: { kind: http }, required: true }", reader),
    });
    expect(found).toEqual([
      "pc2.yaml:5 container.uid user 20001 on pc2: pc2/Reader's container is also mainpc/Store's",
    ]);
  });

  it("refuses a container of the hub, and an unknown key by its line", () => {
    const hub =
      "  - { name: EdgeHub, group: edge, isHub: true, port: 9100, healthPort: 9100, httpPort: 9100, health: { kind: http }, required: true, container: { image: h } }\n";
    expect(
      scratch.found({
        pc2: pc2.replace("failover: optional\n", `${hub}failover: optional\n`),
        batches: "batches: []\n",
      }),
    ).toEqual(["pc2.yaml:7 container.hub pc2/EdgeHub is the hub, whose container Tandem makes itself"]);
    expect(scratch.found({ mainpc: contained("{ image: s, gpus: 1 }") })).toEqual([
      'mainpc.yaml:20 file.schema agents.0.container: Unrecognized key: "gpus"',
    ]);
  });
});
