import { describe, expect, it } from "vitest";
import type { Note } from "../../../hub/core/timeline/note-names.ts";
import type { TimelineQuery } from "../../../hub/core/timeline/timeline.ts";
import { createTimelineApi } from "../../../hub/http/timeline-api.ts";
import { serveApi } from "./serve-api.ts";

const path = "/api/v1/timeline";
const word = { kind: "deploy", phase: "begun", subject: "pc2", text: "deployment 7", by: "ann@desk" };

async function serve({ unready, unstored }: { unready?: string; unstored?: string } = {}) {
  const queries: TimelineQuery[] = [];
  const notes: Note[] = [];
  const api = createTimelineApi({
    unready: () => unready,
    view: (query) => {
      queries.push(query);
      return { machine: "mainpc", now: "", reachesBackTo: "", entries: [] };
    },
    store: async (note) => {
      notes.push(note);
      return unstored;
    },
    signedIn: ({ headers }) => (headers.cookie === "session" ? { by: "bob" } : undefined),
  });
  return { ...(await serveApi(api)), queries, notes };
}

describe("the API of the timeline", () => {
  it("tells 500 events of all kinds when nothing is asked, and those of a span, a number and some kinds else", async () => {
    const { ask, queries } = await serve();
    expect((await ask("GET", path)).status).toBe(200);
    const span = "since=1970-01-01T00:00:01Z&until=1970-01-01T01:00:00%2B01:00";
    expect((await ask("GET", `${path}?${span}&limit=5000&kind=alert,move&kind=link`)).status).toBe(200);
    expect(queries).toEqual([
      { limit: 500 },
      { sinceMs: 1_000, untilMs: 0, limit: 5_000, kinds: ["alert", "move", "link"] },
    ]);
  });

  it.each([
    ["since=yesterday", "an instant such as"],
    ["until=2026-05-12", "an instant such as"],
    ["limit=0", "limit"],
    ["limit=5001", "limit"],
    ["limit=all", "limit"],
    ["kind=receipt", "kind"],
    ["kind=", "kind"],
    ["sice=2026-05-12T14:33:00Z", "sice"],
  ])("refuses %s with 400 and says why", async (query, why) => {
    const { ask, queries } = await serve();
    const { status, body } = await ask("GET", `${path}?${query}`);
    expect([status, body.error, queries]).toEqual([400, expect.stringContaining(why), []]);
  });

  it("says 503 rather than that nothing happened while the records are not read back", async () => {
    const { ask } = await serve({ unready: "not yet" });
    expect(await ask("GET", path)).toMatchObject({ status: 503, body: { error: "not yet" } });
  });

  it("stores what a command says of its begin and end, with who gave it", async () => {
    const { ask, notes } = await serve();
    expect(await ask("POST", path, word)).toMatchObject({ status: 200, body: { ok: true } });
    expect((await ask("POST", path, { ...word, kind: "drill", phase: "ended" })).status).toBe(200);
    expect(notes).toEqual([
      { name: "deploy-begun", subject: "pc2", message: "deployment 7 (ann@desk)" },
      { name: "drill-ended", subject: "pc2", message: "deployment 7 (ann@desk)" },
    ]);
  });

  it("refuses what is no command's word: alerts, other phases, two lines, too much, and nobody's", async () => {
    const { ask, notes } = await serve();
    const odd = [
      { kind: "alert" },
      { phase: "failed" },
      { subject: "" },
      { text: "one\ntwo" },
      { text: "x".repeat(501) },
      { by: "" },
      { by: undefined },
      { more: 1 },
    ];
    for (const change of odd)
      expect((await ask("POST", path, { ...word, ...change })).status, JSON.stringify(change)).toBe(400);
    expect((await ask("PUT", path, word)).status).toBe(405);
    expect(notes).toEqual([]);
  });

  it("answers 503 with the reason when it may not be stored", async () => {
    const { ask } = await serve({ unstored: "NATS is away" });
    expect(await ask("POST", path, word)).toMatchObject({
      status: 503,
      body: { error: "it may not be stored: NATS is away" },
    });
  });

  it("takes it from who is signed in to the page, by that name, and from no other page", async () => {
    const { ask, origin, notes } = await serve();
    expect((await ask("POST", path, word, { origin, cookie: "session" })).status).toBe(200);
    expect(notes).toEqual([expect.objectContaining({ message: "deployment 7 (bob)" })]);
    expect((await ask("POST", path, word, { origin })).status).toBe(403);
    expect((await ask("POST", path, word, { origin: "http://elsewhere.example", cookie: "session" })).status).toBe(403);
    expect(notes.length).toBe(1);
  });
});
