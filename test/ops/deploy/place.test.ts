import { afterEach, beforeEach, expect, it } from "vitest";
import { onMachine } from "../../../ops/deploy/place.ts";
import { localPlaces } from "./local-place.ts";

let site: ReturnType<typeof localPlaces>;
beforeEach(() => {
  site = localPlaces("pc2");
});
afterEach(() => site.remove());

it("a script that is called off is killed at once, and one that would come too late is not begun", async () => {
  const [place = expect.unreachable()] = site.places;
  const off = new AbortController();
  const startedMs = performance.now();
  const ended = onMachine(place, "exec sleep 30", { signal: off.signal });
  setTimeout(() => off.abort(), 100);
  await expect(ended).rejects.toMatchObject({ code: "deploy.called-off" });
  await expect(onMachine(place, "exec sleep 30", { signal: off.signal })).rejects.toThrow("called off");
  expect(performance.now() - startedMs).toBeLessThan(5_000);
});
