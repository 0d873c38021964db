/** Bundles as the build describes them, of which no test reads a file. */
import type { Bundles } from "../../components/program-image.ts";

/** @param hub hash of the hub's */
export const sampleBundles = (hub = "0123"): Bundles => ({
  hub: { path: "dist/hub/hub.mjs", contentHash: hub },
  router: { path: "dist/router/router.mjs", contentHash: "0123" },
  supervisor: { path: "dist/supervisor/supervisor.mjs", contentHash: "0123" },
});
