import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { SmallDisk } from "../../ops/chaos/small-disk.ts";
import { BarePair } from "../support/bare-pair.ts";
import { fault } from "../support/fault.ts";
import { until } from "../support/until.ts";
import { Acknowledged } from "./acknowledged.ts";

let dir: string;
let disk: SmallDisk | string = "not tried";
let pair: BarePair;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "tandem-inodes-"));
  const onFolder = (machine: string, folder: string) => {
    if (machine === "pc2") disk = SmallDisk.mount(folder);
  };
  pair = await BarePair.make(join(dir, "data"), { onFolder });
  await pair.start();
}, 180_000);
afterAll(async () => {
  await pair?.stop();
  if (disk instanceof SmallDisk) disk.unmount();
  rmSync(dir, { recursive: true, force: true });
});

it("a disk on which no file can be made loses no push that was taken, whether it takes more or refuses them, and heals by itself", async ({
  task,
  skip,
}) => {
  if (!(disk instanceof SmallDisk)) return skip(disk);
  const full = disk;
  const { mainpc, pc2 } = pair.machines;
  const folder = pair.data.machine("pc2");
  const pushes = new Acknowledged(pair);
  expect((await pushes.push(pc2, 10)).every((answer) => answer.startsWith("200"))).toBe(true);

  disk.fillInodes();
  const meanwhile = await pushes.push(pc2, 10);
  // Without its store the hub needs its spool, and a file for it where it has none; a server that ends gives some back.
  pc2.parts.hub.freeze();
  await pc2.parts.nats.kill();
  disk.fillInodes();
  pc2.parts.hub.thaw();
  meanwhile.push(...(await pushes.push(pc2, 10)));
  expect(meanwhile.filter((answer) => !/^(200|503|507) ./.test(answer))).toEqual([]);
  // Not for want of trying: whatever file goes away meanwhile makes room for one.
  await until("that no file can be made", () => {
    full.fillInodes();
    return !canMakeFile(join(folder, "one-more"));
  });
  expect((await pushes.push(mainpc, 10)).every((answer) => answer.startsWith("200"))).toBe(true);
  // Whether it starts or not without a file to make, it harms nothing.
  pc2.parts.nats.start();
  await pushes.push(pc2, 5);

  disk.free();
  const freedAtMs = performance.now();
  await pc2.parts.nats.ready();
  await pc2.parts.pushgateway.ready();
  await pc2.parts.hub.ready();
  await pair.inSync();
  const inSyncAfterMs = Math.round(performance.now() - freedAtMs);
  await until("a push that both have", async () => (await pushes.push(pc2, 1))[0] === "200 peer");
  const found = await pushes.held();
  expect(found).toMatchObject({ lost: 0, missing: 0 });
  fault(task, "inodes-gone", { refused: pushes.refused, inSyncAfterMs, ...found });
}, 240_000);

function canMakeFile(path: string): boolean {
  try {
    writeFileSync(path, "", { flag: "wx" });
    rmSync(path);
    return true;
  } catch {
    return false;
  }
}
