import { join } from "node:path";
import { defineConfig } from "vitest/config";
import MatrixReporter from "./reporter.ts";

/** The tests of the matrix, as `npm run reliability -- --run` chooses them; one file at a time, so that figures are of one pair each. */
export default defineConfig({
  test: {
    root: join(import.meta.dirname, "../.."),
    include: ["test/**/*.test.ts", "test/reliability/*.fault.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    fileParallelism: false,
    reporters: ["default", new MatrixReporter()],
  },
});
