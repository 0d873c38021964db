import { expect, it } from "vitest";
import type { FleetView } from "../../../hub/http/api.ts";
import { showOf, sightOf } from "../../../ops/migrate/sight.ts";

const text = `# TYPE load gauge
load{instance="pc2:9108",job="Tutor",machine="pc2"} 1
load{instance="",job="Tutor",machine="pc2"} 2
load{arrangement="shadow",instance="",job="Tutor",machine="pc2"} 3
load{instance="",job="Other",machine="pc2"} 4
# TYPE tandem_agent_hub_revision gauge
tandem_agent_hub_revision{instance="",job="Tutor",machine="pc2"} 7
# TYPE push_time_seconds gauge
push_time_seconds{instance="",job="Tutor",machine="pc2"} 1000
# TYPE tandem_hub_up gauge
tandem_hub_up 1
`;
const fleet = { now: new Date(1_004_000).toISOString() } as FleetView; // all that is read of it

it("an agent's scraped, own and shadow groups are told apart, with revision and age of its push", () => {
  const { scraped, own, shadow } = sightOf(showOf("pc2", fleet, text), "pc2", "Tutor");
  expect(own).toMatchObject({ revision: 7, ageMs: 4_000 });
  expect(scraped).toMatchObject({ revision: undefined });
  const values = [scraped, own, shadow].map((group) => group?.families[0]?.metrics.map(({ value }) => value));
  expect(values).toEqual([[1], [2], [3]]);
});

it("an agent that nobody pushed has no groups, and a text that is none is refused with its line", () => {
  expect(sightOf(showOf("pc2", fleet, text), "mainpc", "Tutor")).toEqual({
    hub: "pc2",
    scraped: undefined,
    own: undefined,
    shadow: undefined,
  });
  expect(() => showOf("pc2", fleet, "load{ 1\n")).toThrow(/what pc2 shows cannot be read: line 1/);
});
