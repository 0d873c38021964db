/** A process that is nothing but a main loop and its judge: prints what is judged as JSON lines, and stands still when told to. */
import { parseArgs } from "node:util";
import { HubConfig } from "../../../hub/config.ts";
import { Judge } from "../../../hub/judge/judge.ts";

const { values } = parseArgs({ options: { config: { type: "string" }, incarnation: { type: "string" } } });
const config = HubConfig.parse(JSON.parse(values.config ?? ""));
const say = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`);

const judge = new Judge({
  config,
  incarnation: values.incarnation ?? "",
  lagMs: () => 0,
  clock: () => performance.now(),
  onChange: (machine, { parts }) => say({ machine, verdict: parts.hub.verdict, reason: parts.hub.reason }),
  onKeys: () => {},
  onRefused: () => {},
  onBroken: (error) => {
    throw error;
  },
});
await judge.start();
process.on("message", ({ stallMs }: { stallMs: number }) => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stallMs);
});
setInterval(
  () => say({ heard: (["udp", "tcp", "nats"] as const).filter((path) => judge.heardAgoMs(path) !== null) }),
  50,
);
