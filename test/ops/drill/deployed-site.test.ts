import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { takeLocks } from "../../../ops/deploy/lock.ts";
import { deployedDrillSite } from "../../../ops/drill/deployed-site.ts";
import { localPlaces, writeStack } from "../deploy/local-place.ts";

let site: ReturnType<typeof localPlaces>;
beforeEach(() => {
  site = localPlaces("mainpc", "pc2");
  for (const place of site.places) writeStack(place);
});
afterEach(() => site.remove());

it("a drill is refused while a deployment is under way, and a deployment while a drill is", async () => {
  const drill = deployedDrillSite(["mainpc", "pc2"], site.folder, join(site.folder, "reports"));
  const deployment = await takeLocks(site.places, "deploy");
  await expect(drill.lock()).rejects.toMatchObject({
    code: "deploy.locked",
    message: expect.stringContaining(", deploy,"),
  });
  await deployment.release();
  const held = await drill.lock();
  await expect(takeLocks(site.places, "deploy")).rejects.toMatchObject({
    message: expect.stringContaining(", drill,"),
  });
  await held.release();
  await (await takeLocks(site.places, "deploy")).release();
});
