import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** Tests mirror the source; those that start real processes stand in test/e2e and set their own, longer deadlines. */
export default defineConfig({
  test: {
    root: join(import.meta.dirname, ".."),
    include: ["test/**/*.test.ts", "test/**/*.test.tsx"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
