import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type AlertView, HubEvent, type ServiceJson } from "../../hub/http/api.ts";
import { GraphView } from "../../hub/http/graph-json.ts";
import { type TimelineEntry, TimelineView } from "../../hub/http/timeline-json.ts";
import { askFleet, findAgent, setFault } from "../../ops/local/agents/directory.ts";
import { registerSignIn } from "../../ops/sign-in.ts";
import { givingTo } from "../../ops/site/keep-documents.ts";
import { tellTimeline } from "../../ops/site/tell-timeline.ts";
import { registerTimeline } from "../../ops/timeline.ts";
import * as fixture from "../fleet/fixture.ts";
import { runCommand } from "../ops/run-command.ts";
import { fleetOf, LocalPair } from "../support/local-pair.ts";
import { until } from "../support/until.ts";

const portOffset = 12_700;
const deadlineMs = 60_000;
const SignedIn = z.object({ hubs: z.array(z.object({ url: z.string(), page: z.string() })) });

describe("what happens at a pair", { timeout: 180_000 }, () => {
  let dir: string;
  let pair: LocalPair;
  /** What pc2's page hears. */
  let events: Events;
  let cookie: string;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "tandem-timeline-"));
    const { mainpc, pc2 } = fixture;
    for (const [name, text] of Object.entries({ mainpc, pc2, batches: "batches: []\n" }))
      writeFileSync(join(dir, `${name}.yaml`), text);
    pair = await LocalPair.start(join(dir, "data"), portOffset, "--no-restart", "--fleet", dir);
    await isWell();
    events = new Events(pair.pc2.hub);
    await until("what the page hears first", () => events.of("fleet").length > 0);
  }, 180_000);

  afterAll(async () => {
    events?.close();
    await pair?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const both = () => [pair.mainpc, pair.pc2];
  const isWell = () =>
    until(
      "a pair that is well",
      async () => {
        const fleets = await Promise.all(both().map((each) => fleetOf(each).catch(() => undefined)));
        return fleets.every((fleet) => fleet?.sync.state === "in-sync" && fleet.totals.healthy === 3);
      },
      deadlineMs,
    );
  const timelineAt = async (hub: string) => {
    const answer = await fetch(`${hub}/api/v1/timeline`).catch(() => undefined);
    return answer?.status === 200 ? TimelineView.parse(await answer.json()) : undefined;
  };
  /** The event at both hubs, the same. */
  const told = (what: string, is: (entry: TimelineEntry) => boolean) =>
    until(
      `${what}, at both hubs`,
      async () => {
        const found = await Promise.all(both().map(async ({ hub }) => (await timelineAt(hub))?.entries.find(is)));
        const [one, other] = found;
        if (one === undefined || other === undefined) return undefined;
        expect(other).toEqual(one);
        return one;
      },
      deadlineMs,
    );
  const isMoved = ({ name, subject, text }: TimelineEntry) =>
    name === "service-moved" && subject === "Store" && text.startsWith("from mainpc to pc2");
  const isAlert = ({ kind, name, subject }: TimelineEntry) =>
    kind === "alert" && name === "agent-unhealthy" && subject === "mainpc/Store";

  it("a takeover and its alert are told by both hubs with the same ids, and to the page as they happen", async () => {
    const store = findAgent(await askFleet(pair.data), "Store", "mainpc");
    // Agents that start are ill for a moment, too.
    const sinceMs = Date.now();
    const isSince = ({ at }: TimelineEntry) => Date.parse(at) >= sinceMs;
    await setFault(store, { kind: "crashed" });
    const moved = await told("the takeover", (entry) => isSince(entry) && isMoved(entry));
    const alert = await told("the alert", (entry) => isSince(entry) && isAlert(entry));
    expect([moved.origin, moved.tone, alert.origin, alert.tone]).toEqual(["pc2", "note", "mainpc", "trouble"]);
    for (const entry of [moved, alert])
      await until(`${entry.name} at the page`, () => events.of("timeline").some((told) => told.entry.id === entry.id));
    const entries = events.of("timeline").map(({ entry }) => entry);
    expect(entries.filter(({ id }) => id === moved.id)).toEqual([moved]);
    const isAway = ({ name, owner }: ServiceJson) => name === "Store" && owner === "pc2";
    await until("where it is, at the page", () => events.of("services").some(({ services }) => services.some(isAway)));
    const isStanding = ({ name, subject }: AlertView) => name === alert.name && subject === alert.subject;
    await until("what stands, at the page", () => events.of("alerts").some(({ alerts }) => alerts.some(isStanding)));
    await setFault(store, { kind: "none" });
    const isOver = (entry: TimelineEntry) => entry.kind === "resolved" && entry.subject === alert.subject;
    await told("the alert's end", (entry) => entry.at > alert.at && isOver(entry));
  });

  it("who signs in by the printed URL gives orders from the page, which are told with the name; nobody else does", async () => {
    const { stdout } = await runCommand(registerSignIn, ["sign-in", "--data", pair.data, "--json"]);
    const { url, page } = SignedIn.parse(JSON.parse(stdout)).hubs[0] ?? expect.unreachable();
    const { origin, hash } = new URL(page);
    expect(origin).toBe(url);
    const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
      fetch(`${origin}${path}`, { method: "POST", body: JSON.stringify(body), headers: { origin, ...headers } });
    const signedIn = await post("/api/v1/session", { code: hash.replace("#sign-in=", "") });
    expect(signedIn.status).toBe(200);
    cookie = signedIn.headers.getSetCookie()[0]?.split(";")[0] ?? "";
    const word = { target: "pc2/Writer", minutes: 5, reason: "a new disk" };
    expect((await post("/api/v1/maintenance", word)).status).toBe(403);
    expect((await post("/api/v1/maintenance", word, { cookie })).status).toBe(200);
    const begun = await told("maintenance", ({ name }) => name === "maintenance-begun");
    const { by } = (await signedIn.json()) as { by: string }; // checked by its own tests
    expect(begun).toMatchObject({ subject: "pc2/Writer", text: expect.stringContaining(`(${by})`) });
  });

  it("an operator's command is told by both, and printed", async () => {
    const deploy = { kind: "deploy", phase: "begun", subject: "pc2", text: "deployment 7", by: "ann@desk" } as const;
    expect(await tellTimeline([givingTo(pair.pc2.hub)], deploy)).toBe(true);
    await told("the deployment", ({ kind }) => kind === "deploy");
    const { code, stdout } = await runCommand(registerTimeline, ["timeline", "--kind", "deploy", "--data", pair.data]);
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/pc2 +deploy +deploy-begun pc2: deployment 7 \(ann@desk\)/),
    ]);
  });

  it("both hubs name what each agent needs", async () => {
    const graphs = await Promise.all(
      both().map(async ({ hub }) => GraphView.parse(await (await fetch(`${hub}/api/v1/graph`)).json())),
    );
    expect(graphs.map(({ agents }) => agents)).toEqual([graphs[0]?.agents, graphs[0]?.agents]);
    expect(graphs[0]?.agents.length).toBe(3);
  });

  it("all of it is told after both hubs were killed and started again, with the same ids, and who was signed in still is", async () => {
    const before = await Promise.all(both().map(async ({ hub }) => (await timelineAt(hub))?.entries ?? []));
    const startAgain = both().map((machine) => pair.killMachine(machine, "hub"));
    for (const start of startAgain) start();
    await isWell();
    for (const [i, { hub }] of both().entries())
      await until(
        "all that was told before",
        async () => {
          const now = new Map((await timelineAt(hub))?.entries.map((entry) => [entry.id, entry]));
          return before[i]?.every((entry) => JSON.stringify(now.get(entry.id)) === JSON.stringify(entry));
        },
        deadlineMs,
      );
    expect(before[0]?.length).toBeGreaterThan(5);
    const views = async () =>
      (await Promise.all(both().map(({ hub }) => timelineAt(hub)))).map((view) => view?.entries ?? []);
    await until("both starts of each hub at both", async () =>
      (await views()).every((entries) => entries.filter(({ name }) => name === "hub-started").length === 4),
    );
    const [one, other] = await views();
    expect(one?.map(({ id }) => id)).toEqual(other?.map(({ id }) => id));
    const session = await fetch(`${pair.mainpc.hub}/api/v1/session`, { headers: { cookie } });
    expect(session.status).toBe(200);
  });
});

class Events {
  readonly #all: HubEvent[] = [];
  readonly #stop = new AbortController();
  #broken: unknown;

  constructor(hub: string) {
    this.#read(hub).catch((error: unknown) => {
      this.#broken = error;
    });
  }

  /** Those of one type so far. */
  of<T extends HubEvent["type"]>(type: T): Extract<HubEvent, { type: T }>[] {
    if (this.#broken !== undefined) throw this.#broken;
    return this.#all.filter((event): event is Extract<HubEvent, { type: T }> => event.type === type);
  }

  close(): void {
    this.#stop.abort();
  }

  async #read(hub: string): Promise<void> {
    const { body } = await fetch(`${hub}/api/v1/events`, { signal: this.#stop.signal });
    let text = "";
    for await (const part of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const blocks = (text + part).split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data !== undefined) this.#all.push(HubEvent.parse(JSON.parse(data)));
      }
    }
  }
}
