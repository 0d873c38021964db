/** Builds a program from its Go module; Go compares the sources with its public checksum database. */
import { basename, join } from "node:path";
import { findInPath } from "../find.ts";
import { run } from "../run.ts";

const progressMs = 10_000;
/** A first build compiles the whole standard library: two minutes on two cores; this allows for slower machines. */
const deadlineMs = 900_000;

/** Returns the program's path in `folder`; modules and compiled packages stay in Go's own caches. */
export async function fromGo(
  source: { module: string; version: string },
  folder: string,
  say: (line: string) => void,
): Promise<string> {
  const [go] = findInPath(["go"]);
  if (go === undefined) throw new Error("go is not in PATH");
  const target = `${source.module}@${source.version}`;
  say(`building ${target} with ${go}, a minute or two`);
  const startedMs = performance.now();
  const timer = setInterval(() => {
    say(`still building ${target}, ${Math.round((performance.now() - startedMs) / 1_000)} s`);
  }, progressMs);
  try {
    await run(go, ["install", target], {
      // In a folder of its own: a go.mod or go.work around us is no concern of this build.
      cwd: folder,
      env: { ...process.env, GOBIN: folder, GOWORK: "off" },
      deadlineMs,
      onLine: (line) => {
        if (line.startsWith("go: downloading")) say(line);
      },
    });
  } finally {
    clearInterval(timer);
  }
  return join(folder, basename(source.module.replace(/\/v\d+$/, "")));
}
