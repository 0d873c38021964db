/** The script of the page: takes over the HTML that the hub wrote, keeps it live, and answers the reader's keys. */
import { render } from "preact";
import type { FleetView, LedgerView } from "../http/api.ts";
import { ChartPlace } from "./chart-place.ts";
import { Feed } from "./feed.ts";
import { headlineOf } from "./headline.ts";
import { icon } from "./icon.ts";
import { focusFilter, moveAmongTiles } from "./keys.ts";
import { readOlder } from "./older.ts";
import { hasSignInCode } from "./operator.ts";
import { Operator } from "./operator-desk.ts";
import { Scrubber } from "./past/scrubber.ts";
import { Reader } from "./reader.ts";
import type { Sections } from "./sections.ts";
import {
  adopted,
  type Filter,
  heard,
  isOvertaken,
  isStale,
  newsOf,
  oldOf,
  type PageState,
  refused,
  startState,
  told,
  withOlder,
} from "./state.ts";
import type { Actions } from "./view/actions.ts";
import { Page } from "./view/page.tsx";

/** Between two drawings: events come in bursts when a machine dies, and one drawing serves them all. */
const drawEveryMs = 16;
const ageEveryMs = 1_000;
const ledgerEveryMs = 2_000;
const ledgerDeadlineMs = 1_500;

interface Served {
  fleet: FleetView;
  ledger: LedgerView;
  sections: Sections;
}

function run(root: HTMLElement, { fleet, ledger, sections }: Served): void {
  let state = startState(fleet, ledger, performance.now(), sections);
  let planned: number | undefined;
  let drawnAtMs = Number.NEGATIVE_INFINITY;

  const set = (next: PageState) => {
    state = next;
    if (planned === undefined)
      planned = window.setTimeout(draw, Math.max(0, drawnAtMs + drawEveryMs - performance.now()));
  };
  const filter = (change: Partial<Filter>) => set({ ...state, filter: { ...state.filter, ...change } });
  const choose = (chosen: string | undefined) => set({ ...state, chosen });
  const charts = new ChartPlace();
  /** Of what came after the last word nothing is known. */
  const heardUntilMs = () => {
    const atMs = performance.now();
    return (isStale(atMs - state.heardAtMs) ? state.heardAtMs : atMs) + state.hubClockMs;
  };
  const scrubber = new Scrubber({ state: () => state, set, nowMs: heardUntilMs, loadOlder });
  const operator = new Operator({
    state: () => state.operator,
    set: (change) => set({ ...state, operator: { ...state.operator, ...change } }),
    onDone: () => {
      reader.soon("silences");
      reader.soon("services");
    },
  });
  const act: Actions = {
    filterText: (text) => filter({ text }),
    filterHealth: (health) => filter({ health }),
    focusTile: (tile) => set({ ...state, tile }),
    hoverTile: (hovered) => set({ ...state, hovered }),
    choose,
    key: (event) => moveAmongTiles(event),
    filterKinds: (kinds) => set({ ...state, kinds }),
    loadOlder,
    drawCharts: (place) => charts.take(place),
    scrub: scrubber,
    operator,
  };

  function draw(): void {
    planned = undefined;
    const now = performance.now();
    const news = newsOf(state, now);
    const { fleet, ledger, sections, tile, hovered, chosen, kinds, older, span, scrub } = state;
    const old = oldOf(state, now);
    const shown = { fleet, ledger, sections, old, news, tile, hovered, chosen, kinds, older, span, scrub, act };
    render(<Page {...shown} filter={state.filter} operator={state.operator} />, root);
    const { level, spoken } = headlineOf(fleet, news);
    document.title = `${spoken} · Tandem`;
    const link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
    if (link !== null && link.href !== icon(level)) link.href = icon(level);
    charts.mark(scrub?.atMs);
    if (sections.history !== undefined) charts.show(sections.history);
    drawnAtMs = performance.now();
  }

  const peerUrl = () => {
    const peer = Object.entries(state.fleet.machines).find(([name]) => name !== state.home)?.[1];
    return peer?.hub.url;
  };
  const feed = new Feed({
    // The address in the browser is the one that is known to work from here.
    hubs: () => [location.origin, peerUrl()],
    isHomeHeard: () => state.fleet.machines[state.home]?.hub.verdict === "alive",
    onEvent: (event) => {
      set(heard(state, event, performance.now()));
      // A hub may tell of these without telling them.
      if (event.type === "moved") reader.soon("services");
      const isOfAlert = event.type === "timeline" && /alert|resolved/.test(event.entry.kind);
      if (isOfAlert && !feed.tells("alerts")) reader.soon("alerts");
    },
    // What was told while nobody listened.
    onAdopted: () => {
      set(adopted(state));
      for (const name of ["timeline", "alerts", "services"] as const) reader.soon(name);
      if (feed.hub === location.origin) void operator.atHome();
    },
  });
  const reader = new Reader({
    hub: () => feed.hub,
    wanted: (name) => name !== "history" || charts.near || state.scrub !== undefined,
    onTold: (name, value, askedAtMs) => {
      if (!isOvertaken(state, name, askedAtMs)) set(told(state, name, value, performance.now()));
    },
    onRefused: (name, reason, known) => set(refused(state, name, { reason, known }, performance.now())),
  });

  async function loadOlder(): Promise<void> {
    const { entries: known = [], reachesBackTo } = state.sections.timeline ?? {};
    const last = known.at(-1);
    if (last === undefined || feed.hub === undefined || state.older === "reading") return;
    set({ ...state, older: "reading" });
    const entries = await readOlder(feed.hub, last.at);
    set(withOlder(state, entries, reachesBackTo));
  }

  async function readLedger(): Promise<void> {
    if (feed.hub === undefined) return;
    try {
      const answer = await fetch(`${feed.hub}/api/v1/ledger`, { signal: AbortSignal.timeout(ledgerDeadlineMs) });
      if (answer.ok) set({ ...state, ledger: await answer.json() });
    } catch {
      // The feed notices a hub that is gone, and the next reading asks the other one.
    }
  }

  draw();
  setInterval(() => {
    draw();
    void scrubber.reach();
  }, ageEveryMs);
  setInterval(readLedger, ledgerEveryMs);
  void operator.begin();
  // The page is not loaded anew by an address with a code that is opened where it stands already.
  addEventListener("hashchange", () => {
    if (hasSignInCode()) void operator.begin();
  });
  document.addEventListener("keydown", (event) => {
    focusFilter(event);
    if (event.key !== "Escape") return;
    if (state.chosen !== undefined) choose(undefined);
    else scrubber.now();
  });
}

const root = document.getElementById("page");
const served = document.getElementById("state")?.textContent;
if (root !== null && served) run(root, JSON.parse(served));
