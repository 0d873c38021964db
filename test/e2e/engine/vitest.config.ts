import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** One pair of machines, so one file after the other, and what a test leaves is what the next one finds. */
export default defineConfig({
  test: {
    root: join(import.meta.dirname, "../../.."),
    include: ["test/e2e/engine/*.e2e.ts"],
    testTimeout: 300_000,
    hookTimeout: 600_000,
    fileParallelism: false,
    bail: 1,
    reporters: ["verbose"],
  },
});
