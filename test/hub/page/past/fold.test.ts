import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OpenAlerts } from "../../../../hub/core/open-alerts.ts";
import type { Alert } from "../../../../hub/core/record.ts";
import { eventsOf } from "../../../../hub/core/timeline/event.ts";
import { happenedAt } from "../../../../hub/core/timeline/happened-at.ts";
import type { NoteName } from "../../../../hub/core/timeline/note-names.ts";
import { moveText } from "../../../../hub/core/timeline/note-words.ts";
import type { TimelineEntry } from "../../../../hub/http/timeline-json.ts";
import { inOrder, pastAt } from "../../../../hub/page/past/fold.ts";
import { withEntries } from "../../../../hub/page/timeline.ts";

const startMs = Date.UTC(2026, 4, 12);
const minuteMs = 60_000;

interface Word {
  name: string;
  severity: Alert["severity"];
  subject: string;
  message: string;
}

/** What both hubs have stored, as pages have it: newest first. */
function entriesOf(words: readonly (Word & { origin: string; atMs: number })[]): TimelineEntry[] {
  const events = words.flatMap(({ origin, atMs, ...word }, at) => {
    const record: Alert = { kind: "alert", at: { wallMs: atMs, counter: 0 }, ...word };
    return eventsOf({ v: 1, origin, incarnation: "i", firstSeq: at, records: [record] });
  });
  return withEntries(
    [],
    events.map(({ at, ...event }) => ({ ...event, at: new Date(at.wallMs).toISOString() })),
  );
}

const note = (name: NoteName, subject: string, message: string): Word => ({
  name,
  severity: "resolved",
  subject,
  message,
});

const alertWord = fc.record({
  name: fc.constantFrom("hub-lost", "nats-lost", "service-held"),
  severity: fc.constantFrom<Alert["severity"]>("urgent", "warning", "resolved"),
  subject: fc.constantFrom("mainpc", "pc2"),
  message: fc.constantFrom("it does not answer", "it is over"),
});
const noteWord = fc.oneof(
  fc.record({ service: fc.constantFrom("Twin", "Coordinator"), epoch: fc.nat(40) }).map(({ service, epoch }) => {
    const [from, to] = epoch % 2 === 0 ? (["pc2", "mainpc"] as const) : (["mainpc", "pc2"] as const);
    return note("service-moved", service, moveText({ from, to, epoch, why: "" }));
  }),
  fc
    .constantFrom<NoteName>("maintenance-begun", "maintenance-ended", "silence-begun", "link-lost", "link-healed")
    .map((name) => note(name, "pc2", "a disk, until 2026-05-12 00:20Z (ann)")),
);
/** Each in a minute of its own; some notes were stored late and say when it was. */
const story = fc
  .array(
    fc.record({
      word: fc.oneof(alertWord, noteWord),
      origin: fc.constantFrom("mainpc", "pc2"),
      lateMs: fc.constantFrom(0, 0, 0, 90_000, 400_000),
    }),
    { maxLength: 60 },
  )
  .map((all) =>
    all.map(({ word, origin, lateMs }, at) => {
      const atMs = startMs + at * minuteMs;
      const isNote = word.severity === "resolved" && !["hub-lost", "nats-lost", "service-held"].includes(word.name);
      const message = isNote && lateMs > 0 ? happenedAt(word.message, atMs - lateMs) : word.message;
      return { ...word, message, origin, atMs };
    }),
  );

describe("what stood at a moment", () => {
  it("by all entries, is what stood by those until then alone", () => {
    fc.assert(
      fc.property(story, fc.integer({ min: -5, max: 65 }), (words, minutes) => {
        const entries = entriesOf(words);
        const atMs = startMs + minutes * minuteMs;
        const until = new Set(inOrder(entries).flatMap(({ entry, atMs: ms }) => (ms <= atMs ? [entry.id] : [])));
        expect(pastAt(entries, atMs)).toEqual(
          pastAt(
            entries.filter(({ id }) => until.has(id)),
            atMs,
          ),
        );
      }),
    );
  });

  it("is, at the end, what the hub says stands, with the same since", () => {
    fc.assert(
      fc.property(story, (words) => {
        const open = new OpenAlerts();
        for (const { atMs, ...word } of words) open.note({ kind: "alert", at: { wallMs: atMs, counter: 0 }, ...word });
        const stood = [...pastAt(entriesOf(words), startMs + 100 * minuteMs).alerts.values()];
        const told = ({ name, subject, sinceMs }: { name: string; subject: string; sinceMs: number }) =>
          `${name} ${subject} ${sinceMs}`;
        expect(stood.map(told).sort()).toEqual(open.list().map(told).sort());
      }),
    );
  });

  it("is the same whether the pages of entries came together or one by one, in any order", () => {
    fc.assert(
      fc.property(story, fc.nat(60), (words, cut) => {
        const all = entriesOf(words);
        const pieces = withEntries(withEntries([], all.slice(cut)), all.slice(0, cut + 3));
        expect(pastAt(pieces, startMs + 30 * minuteMs)).toEqual(pastAt(all, startMs + 30 * minuteMs));
      }),
    );
  });
});

describe("services", () => {
  const moved = (minutes: number, epoch: number, from: string, to: string, why = "") => ({
    ...note("service-moved", "Twin", moveText({ from, to, epoch, why })),
    origin: to,
    atMs: startMs + minutes * minuteMs,
  });
  const ownerAt = (words: Parameters<typeof entriesOf>[0], minutes: number) => {
    const owned = pastAt(entriesOf(words), startMs + minutes * minuteMs).services.get("Twin");
    return owned && `${owned.owner} ${owned.epoch}`;
  };

  it("are with the owner of the last move, and of two told the wrong way round with that of the higher epoch", () => {
    const words = [moved(10, 3, "mainpc", "pc2", "mainpc is dead"), moved(20, 4, "pc2", "mainpc")];
    expect([9, 10, 19, 20].map((at) => ownerAt(words, at))).toEqual([undefined, "pc2 3", "pc2 3", "mainpc 4"]);
    expect(ownerAt([moved(10, 4, "pc2", "mainpc"), moved(11, 3, "mainpc", "pc2")], 12)).toBe("mainpc 4");
  });

  it("moved when the note says, where it was stored 9 min late, also past midnight", () => {
    const late = { ...moved(3, 3, "mainpc", "pc2"), message: "from mainpc to pc2, epoch 3, at 23:54:00Z" };
    expect([-7, -6, 3].map((at) => ownerAt([late], at))).toEqual([undefined, "pc2 3", "pc2 3"]);
  });
});

it("a maintenance whose end nobody told is over at its planned end", () => {
  const begun = {
    ...note("maintenance-begun", "pc2", "a disk, until 2026-05-12 00:20Z (ann)"),
    origin: "pc2",
    atMs: startMs,
  };
  const at = (minutes: number) => [...pastAt(entriesOf([begun]), startMs + minutes * minuteMs).worked.keys()];
  expect([at(19), at(20)]).toEqual([["maintenance pc2"], []]);
});
