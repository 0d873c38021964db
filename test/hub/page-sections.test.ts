import { expect, it } from "vitest";
import { pageSections } from "../../hub/page-sections.ts";

it("what a hub cannot tell yet is left out of the page, not told as empty", () => {
  const read = pageSections({ alerts: () => undefined, services: () => [], documents: () => undefined });
  expect(read()).toEqual({ services: [] });
});

it("documents of migrations and drills are read by their kinds, each time the page is asked for", () => {
  const kinds: string[] = [];
  const read = pageSections({
    alerts: () => undefined,
    services: () => undefined,
    documents: (kind) => {
      kinds.push(kind);
      return { machine: "pc2", documents: [] };
    },
  });
  expect(Object.keys(read())).toEqual(["migration", "drills"]);
  read();
  expect(kinds).toEqual(["migration", "drills", "migration", "drills"]);
});
