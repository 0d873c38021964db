/** What is measured of the two ways to copy beside outages: lag, throughput, and what is left of a lost disk. */
import { AckPolicy, createInbox, DeliverPolicy } from "nats";
import { decodeBatch } from "../../../hub/core/batch-codec.ts";
import type { CopyPath } from "./copy-path.ts";
import { held, settled } from "./settle.ts";
import { type Row, type Sizes, ways } from "./ways.ts";
import { World } from "./world.ts";
import { Writer } from "./writer.ts";

/** From sending a batch to mainpc until pc2's domain has stored the copy. One way at a time. */
export async function lag(program: string, sizes: Sizes): Promise<Row[]> {
  const byWay: number[][] = [];
  for (const way of ways) {
    const world = await World.start(program);
    const path = way(world);
    await path.start();
    const writer = new Writer(world.onMainpc);
    // The first message waits for the copy to be set up; it is not counted.
    await writer.write();
    await settled(path, writer, 30_000);
    const seen = await watch(world, path, writer);
    const endMs = performance.now() + sizes.lagSeconds * 1_000;
    await writer.writeSteadily(sizes.lagPerSecond, () => performance.now() > endMs);
    await settled(path, writer, 30_000);
    await path.stop();
    await world.stop();
    byWay.push(seen.sort((a, b) => a - b));
  }
  const at = (way: number, share: number) => byWay[way]?.[Math.floor((byWay[way].length - 1) * share)];
  return [0.5, 0.99, 1].map((share) => ({
    what: `lag ${share === 1 ? "max" : `p${share * 100}`}, ${sizes.lagPerSecond} batches/s of 1 KiB`,
    unit: "ms",
    mirror: at(0, share),
    copier: at(1, share),
  }));
}

/** Copying what mainpc has already stored, from nothing. One way at a time. */
export async function throughput(program: string, batches: number, recordsPerBatch: number): Promise<Row> {
  const perSecond: number[] = [];
  for (const way of ways) {
    const world = await World.start(program);
    const writer = new Writer(world.onMainpc, recordsPerBatch);
    await writer.writeMany(batches);
    const path = way(world);
    const startMs = performance.now();
    await path.start();
    await settled(path, writer, 300_000);
    perSecond.push((batches * recordsPerBatch * 1_000) / (performance.now() - startMs));
    await path.stop();
    await world.stop();
  }
  return {
    what: `throughput, ${batches} batches of ${recordsPerBatch} KiB`,
    unit: "records/s",
    mirror: perSecond[0],
    copier: perSecond[1],
  };
}

/** mainpc's disk is lost and its hub writes a new stream of the same name, first less and then more than it had before. */
export async function lostDisk(program: string, sizes: Sizes): Promise<Row[]> {
  const before = 500;
  const first = 200;
  const then = 500;
  const world = await World.start(program);
  const paths = ways.map((way) => way(world));
  const writer = new Writer(world.onMainpc);
  for (const path of paths) await path.start();
  await writer.writeMany(before);
  for (const path of paths) await settled(path, writer, 30_000);
  const old = writer.incarnation;

  await world.mainpc.loseDisk();
  await world.mainpc.start();
  await world.ready();
  await world.makeStreams();
  writer.startAgain();
  await writer.writeMany(first);
  await allSettled(paths, writer, sizes);
  const afterFirst = await Promise.all(paths.map((path) => held(path, writer.incarnation)));
  await writer.writeMany(then);
  await allSettled(paths, writer, sizes);
  const afterThen = await Promise.all(paths.map((path) => held(path, writer.incarnation)));
  const kept = await Promise.all(paths.map((path) => held(path, old)));
  for (const path of paths) await path.stop();
  await world.stop();
  const row = (what: string, counts: number[]): Row => {
    return { what: `lost disk: ${what}`, unit: "batches", mirror: counts[0], copier: counts[1] };
  };
  return [
    row(`kept of ${before} from before`, kept),
    row(`copied of the first ${first} new`, afterFirst),
    row(`copied of all ${first + then} new`, afterThen),
  ];
}

/** Standing still is an outcome here, so the wait's end is none of the errors. */
async function allSettled(paths: CopyPath[], writer: Writer, sizes: Sizes): Promise<void> {
  await Promise.allSettled(paths.map((path) => settled(path, writer, sizes.patienceSeconds * 1_000)));
}

/** Collects the lag of every batch that the copy stores from now on, ms. */
async function watch(world: World, path: CopyPath, writer: Writer): Promise<number[]> {
  const lags: number[] = [];
  const jsm = await world.onPc2.jetstreamManager();
  const inbox = createInbox();
  world.onPc2.subscribe(inbox, {
    callback: (_error, message) => {
      const nowMs = performance.now();
      const batch = decodeBatch(message.data);
      const sentMs = batch === undefined ? undefined : writer.sentAtMs.get(writer.numberOf(batch));
      if (sentMs !== undefined) lags.push(nowMs - sentMs);
    },
  });
  await jsm.consumers.add(path.stream, {
    deliver_subject: inbox,
    deliver_policy: DeliverPolicy.New,
    ack_policy: AckPolicy.None,
  });
  return lags;
}
