import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { writeRecord } from "../../../ops/deploy/archive.ts";
import { Bundle } from "../../../ops/support/bundle.ts";
import { addSite } from "../../../ops/support/site.ts";
import { deployment } from "../deploy/deployment.ts";
import { localPlaces } from "../deploy/local-place.ts";

let site: ReturnType<typeof localPlaces>;
beforeEach(() => {
  site = localPlaces("pc2");
});
afterEach(() => site.remove());

it("a machine gives its stack without secrets and its deployments, and its logs are a missing line where no engine answers", async () => {
  const [place] = site.places;
  if (place === undefined) throw new Error("no place");
  writeFileSync(place.stack.path, "config:\n  tandem:hubSeed:\n    secure: v1:abcdefgh:ijklmnopqrstuvwx\n");
  await writeRecord(place, deployment({ machine: "pc2", number: 3 }));
  const bundle = new Bundle();
  await addSite(bundle, [place.stack]);
  const textOf = (path: string) => bundle.entries.find((entry) => entry.path === path)?.text;
  expect(textOf("stacks/Pulumi.pc2.yaml")).toContain("secure: [secret]");
  expect(textOf("pc2/deployments.json")).toContain('"number": 3');
  expect(textOf("pc2/files.txt")).toBeDefined();
  expect(bundle.missed).toEqual([{ path: "pc2/logs", from: "docker logs --tail 500 on pc2", why: expect.any(String) }]);
});
