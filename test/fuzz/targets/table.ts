/** Every target of the fuzzing by its name; one is loaded when it is asked for, so that nothing else runs in its thread. */
import type { Target } from "../engine/target.ts";

type Module = { targets: readonly Target[] };

const files: readonly [names: readonly string[], load: () => Promise<Module>][] = [
  [["text", "protobuf", "scrape"], () => import("./exposition.ts")],
  [["otlp-protobuf", "otlp-json"], () => import("./otlp.ts")],
  [["path", "push"], () => import("./pushes.ts")],
  [["batch", "snapshot", "stamp", "timeline"], () => import("./records.ts")],
  [["spool", "minutes"], () => import("./files.ts")],
  [["documents", "tokens", "session"], () => import("./kept.ts")],
  [["beat", "frames", "heartbeat"], () => import("./beats.ts")],
  [["failover", "route-words"], () => import("./moves.ts")],
  [["hub-config", "stack-config"], () => import("./configs.ts")],
  [["inventory", "fleet-import"], () => import("./fleets.ts")],
  [["remote-write"], () => import("./remote-write.ts")],
  [["zmtp", "health-body"], () => import("./probes.ts")],
  [["entrance"], () => import("./entrance.ts")],
  [["router"], () => import("./router.ts")],
];

/** For tests of the fuzzing itself. */
const planted: (typeof files)[number] = [["planted-word"], () => import("./planted.ts")];

export const targetNames: readonly string[] = files.flatMap(([names]) => names);

export async function loadTarget(name: string): Promise<Target> {
  const [, load] = [...files, planted].find(([names]) => names.includes(name)) ?? [];
  const target = (await load?.())?.targets.find((each) => each.name === name);
  if (target === undefined) throw new RangeError(`there is no target ${name}`);
  return target;
}
