/** A judge alone with a peer that never fails, and a bad link between them: each verdict `dead` that it passes is a false one. */
import { type Beat, beatMs, Hearing, pathsOf } from "./hearing.ts";
import { Machine } from "./machine.ts";
import { Network } from "./network.ts";
import { World } from "./world.ts";

export interface QuietOptions {
  seed: number;
  hours: number;
  /** Part of the packets that are lost. */
  loss: number;
  jitterMs: number;
  /** The judge's own loop stands still so often, for so long. */
  stalls?: { everyMs: number; lengthMs: number };
}

/** @returns how often the living peer was called dead, of how many beats that came */
export function falseVerdicts({ seed, hours, loss, jitterMs, stalls }: QuietOptions): { dead: number; beats: number } {
  const world = new World({ seed });
  const network = new Network(world);
  const [self, peer] = [new Machine(world, "mainpc", 0.02), new Machine(world, "pc2", 0.02)];
  Object.assign(network.wire("pc2", "mainpc"), { loss, jitterMs });
  for (const machine of [self, peer]) machine.boot();

  const hearing = new Hearing("mainpc", self.clock.monoMs, false);
  const counts = { dead: 0, beats: 0 };
  let verdict = hearing.judgement.verdict;
  const settle = () => {
    if (verdict !== "dead" && hearing.judgement.verdict === "dead") counts.dead++;
    verdict = hearing.judgement.verdict;
  };
  self.processes.hub.every(beatMs, () => {
    hearing.tick(self.clock.monoMs, "answer");
    settle();
  });
  let counter = 0;
  peer.processes.hub.every(beatMs, () => {
    const echo = { incarnation: "mainpc", counter };
    const beat: Beat = { incarnation: "pc2", counter: ++counter, digest: "", echo, ack: undefined };
    for (const path of pathsOf(counter)) {
      network.send("pc2", "mainpc", path, () =>
        self.processes.hub.deliver(() => {
          counts.beats++;
          hearing.heard(path, beat, self.clock.monoMs, counter);
          settle();
        }),
      );
    }
  });
  if (stalls !== undefined) stall(world, self, stalls);
  world.runUntil(hours * 3_600_000);
  return counts;
}

function stall(world: World, machine: Machine, stalls: { everyMs: number; lengthMs: number }): void {
  world.after(stalls.everyMs * (0.5 + world.random.next()), () => {
    machine.processes.hub.stop();
    world.after(stalls.lengthMs, () => {
      machine.processes.hub.resume();
      stall(world, machine, stalls);
    });
  });
}
