import { afterEach, beforeEach, expect, it } from "vitest";
import { isWhole } from "../../../ops/secrets/audit.ts";
import { localPlaces, writeStack } from "../deploy/local-place.ts";

let site: ReturnType<typeof localPlaces>;
beforeEach(() => {
  site = localPlaces("mainpc", "pc2");
});
afterEach(() => site.remove());

it("an audit is whole when it names both stacks of the pair, not with one of them or where they cannot be read", () => {
  expect(isWhole(["mainpc", "pc2"], site.folder)).toBe(false);
  for (const place of site.places) writeStack(place);
  expect(isWhole(["pc2", "mainpc"], site.folder)).toBe(true);
  expect(isWhole(["pc2"], site.folder)).toBe(false);
});
