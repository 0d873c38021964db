/** `npm run e2e`: the program under a real engine on two machines of the lab; says why where that cannot be had. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { whySkip } from "./engine.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const given = process.argv.slice(2);
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
}
