import { expect, it } from "vitest";
import type { TimelineEntry } from "../../../../hub/http/timeline-json.ts";
import { type Known, sightAt } from "../../../../hub/page/past/sight.ts";
import { withEntries } from "../../../../hub/page/timeline.ts";
import { ago } from "../fixture.ts";
import { alert, entry, servicesView, timelineView } from "../sections-fixture.ts";

const hour = 3_600_000;
const atMs = (agoHours: number) => Date.parse(ago(agoHours * hour));
const known = (change: Partial<Known> = {}): Known => ({
  entries: timelineView().entries,
  fromMs: Date.parse(timelineView().reachesBackTo),
  alerts: [],
  services: servicesView(),
  ...change,
});
const twin = (sight: ReturnType<typeof sightAt>, name = "TTSService") =>
  sight.services.find((service) => service.name === name);

it("2.8 h ago hub-lost stood, TTSService acted on pc2 by epoch 3", () => {
  const sight = sightAt(known(), atMs(2.8));
  expect(sight.alerts.map(({ name, subject }) => `${name} ${subject}`)).toEqual(["hub-lost mainpc"]);
  expect(twin(sight)).toMatchObject({ owner: "pc2", epoch: 3 });
  expect([sight.isReached, sight.unsure]).toEqual([true, []]);
});

it("before its first known move a service was where that one took it from, by an epoch that nobody tells", () => {
  expect(twin(sightAt(known(), atMs(4)))).toMatchObject({ owner: "mainpc", epoch: undefined });
});

it("a service that has not moved since is as it is now; where that is not known, or not all since then, it is unknown", () => {
  const of = (change: Partial<Known>) => twin(sightAt(known(change), atMs(4)), "NLUAgent");
  expect(of({})).toMatchObject({ owner: "mainpc", epoch: 2 });
  expect(of({ services: undefined })).toBeUndefined();
  expect(of({ fromMs: atMs(3.5) })).toMatchObject({ owner: undefined, epoch: undefined });
});

it("before what is loaded only an alert that stands still is known", () => {
  const since = ago(30 * hour);
  const standing = [alert("witness-silent", "nas", "it is silent", { since }), alert("hub-lost", "pc2", "gone")];
  const sight = sightAt(known({ fromMs: atMs(20), entries: [], alerts: standing }), atMs(24));
  expect(sight.isReached).toBe(false);
  expect(sight.alerts.map(({ name }) => name)).toEqual(["witness-silent"]);
  expect(sight.services.every(({ owner }) => owner === undefined)).toBe(true);
  expect(sight.link).toBeUndefined();
});

it("of an alert whose end alone is known it is not said whether it stood, and after its end it did not", () => {
  const over = entry(20, hour, "resolved", "well", "nats-lost", "pc2", "NATS answers again");
  const entries = withEntries([over], []);
  const fromMs = atMs(5);
  expect(sightAt(known({ entries, fromMs }), atMs(2)).unsure).toEqual([{ name: "nats-lost", subject: "pc2" }]);
  expect(sightAt(known({ entries, fromMs }), atMs(0.5)).unsure).toEqual([]);
});

it("the link was lost from that word on, heard before it, and what was before a first heal is unknown", () => {
  const link = (agoMs: number, name: "link-lost" | "link-healed"): TimelineEntry =>
    entry(agoMs, agoMs, "link", "watch", name, "mainpc", "words");
  const at = (entries: TimelineEntry[], agoHours: number) => sightAt(known({ entries }), atMs(agoHours)).link;
  const lost = withEntries([link(2 * hour, "link-lost"), link(hour, "link-healed")], []);
  expect([3, 1.5, 0.5].map((agoHours) => at(lost, agoHours))).toEqual(["heard", "lost", "heard"]);
  expect(at([link(hour, "link-healed")], 2)).toBeUndefined();
});
