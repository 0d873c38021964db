import { expect, it } from "vitest";
import { StreamPlaces } from "../../../hub/io/stream-places.ts";

it("a stream that was purged of a thousand million messages is taken from its beginning in one step", () => {
  const places = new StreamPlaces();
  places.begin("s", "now", 0);
  const purged = 1_000_000_000;
  places.take("s", purged + 1);
  expect(places.upTo("s")).toBe(0);
  const gaps = places.gaps("s");
  expect(gaps).toEqual([[1, purged]]);
  for (const gap of gaps) places.pass("s", gap);
  expect(places.upTo("s")).toBe(purged + 1);
  expect(places.gaps("s")).toEqual([]);
});
