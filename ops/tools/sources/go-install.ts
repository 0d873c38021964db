/** Builds a program from its Go module; Go compares the sources with its public checksum database. */
import { basename, join } from "node:path";
import { run } from "../run.ts";
import { newEnoughGo } from "./go-toolchain.ts";
import type { Surroundings } from "./surroundings.ts";

/** A first build compiles the whole standard library: two minutes on two cores; this allows for slower machines. */
const deadlineMs = 900_000;

/** Returns the program's path in the work folder; modules and compiled packages stay in Go's own caches. */
export async function fromGo(source: { module: string; version: string }, around: Surroundings): Promise<string> {
  const { folder, signal, say } = around;
  const go = await newEnoughGo(around);
  const target = `${source.module}@${source.version}`;
  say(`building ${target} with ${go}, a minute or two`);
  await run(go, ["install", target], {
    // In a folder of its own: a go.mod or go.work around us is no concern of this build.
    cwd: folder,
    // A module may ask for a newer Go than this one, which then fetches it.
    env: { ...process.env, GOBIN: folder, GOWORK: "off", GOTOOLCHAIN: "auto" },
    deadlineMs,
    signal,
    say,
    onLine: (line) => {
      if (line.startsWith("go: downloading")) say(line);
    },
  });
  return join(folder, basename(source.module.replace(/\/v\d+$/, "")));
}
