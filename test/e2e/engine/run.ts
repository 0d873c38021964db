/** `npm run e2e`: the program under a real engine on two machines of the lab; says why where that cannot be had. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { leaveEvidence, wordsWithout } from "../../../ops/readiness/evidence.ts";
import { whySkip } from "./engine.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const words = process.argv.slice(2);
/** Those of vitest: which files. `--evidence` is the folder for what `tandem readiness` reads. */
const given = wordsWithout(words, "--evidence");
const evidence = words[words.indexOf("--evidence") + 1];
const startedMs = performance.now();
// The review's is the one that needs no machine.
const reason = await whySkip(given[0] !== "review");
if (reason !== undefined) {
  process.stdout.write(
    `skipped: ${reason}; docs/lab.md says what the lab needs, docs/pulumi.md what the engine does\n`,
  );
} else {
  const args = ["run", "--config", join(root, "test/e2e/engine/vitest.config.ts"), ...given];
  const { status } = spawnSync(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), ...args], {
    cwd: root,
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
  leaveEvidence(words.includes("--evidence") ? evidence : undefined, "npm run e2e", {
    name: "e2e",
    ok: status === 0,
    figures: { whole: given.length === 0 ? 1 : 0, tookSeconds: Math.round((performance.now() - startedMs) / 1_000) },
  });
}
