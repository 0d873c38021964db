/** The script of the page: takes over the HTML that the hub wrote, keeps it live, and answers the reader's keys. */
import { render } from "preact";
import type { FleetView, LedgerView } from "../http/api.ts";
import { Feed } from "./feed.ts";
import { headlineOf } from "./headline.ts";
import { icon } from "./icon.ts";
import { tileByKey } from "./keys.ts";
import { type Filter, heard, newsOf, type PageState, startState } from "./state.ts";
import type { FleetActions } from "./view/fleet.tsx";
import { Page } from "./view/page.tsx";

const drawAfterMs = 16;
const ageEveryMs = 1_000;
const ledgerEveryMs = 2_000;
const ledgerDeadlineMs = 1_500;

function run(root: HTMLElement, served: { fleet: FleetView; ledger: LedgerView }): void {
  let state = startState(served.fleet, served.ledger, performance.now());
  let planned: number | undefined;

  const set = (next: PageState) => {
    state = next;
    // Events come in bursts when a machine dies; one drawing serves them all.
    if (planned === undefined) planned = window.setTimeout(draw, drawAfterMs);
  };
  const filter = (change: Partial<Filter>) => set({ ...state, filter: { ...state.filter, ...change } });
  const act: FleetActions = {
    filterText: (text) => filter({ text }),
    filterHealth: (health) => filter({ health }),
    focusTile: (tile) => set({ ...state, tile }),
    key: moveAmongTiles,
  };

  function draw(): void {
    planned = undefined;
    const { fleet, ledger, tile } = state;
    const now = performance.now();
    const news = newsOf(state, now);
    render(<Page {...{ fleet, ledger, news, tile, act }} filter={state.filter} />, root);
    const { level, spoken } = headlineOf(fleet, news);
    document.title = `${spoken} · Tandem`;
    const link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
    if (link !== null && link.href !== icon(level)) link.href = icon(level);
  }

  const peerUrl = () => {
    const peer = Object.entries(state.fleet.machines).find(([name]) => name !== state.home)?.[1];
    return peer?.hub.url;
  };
  const feed = new Feed({
    // The address in the browser is the one that is known to work from here.
    hubs: () => [location.origin, peerUrl()],
    isHomeHeard: () => state.fleet.machines[state.home]?.hub.verdict === "alive",
    onEvent: (event) => set(heard(state, event, performance.now())),
  });

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
  setInterval(draw, ageEveryMs);
  setInterval(readLedger, ledgerEveryMs);
  document.addEventListener("keydown", (event) => focusFilter(event));
}

function moveAmongTiles(event: KeyboardEvent): void {
  const from = event.target;
  if (!(from instanceof HTMLElement) || !from.classList.contains("tile")) return;
  if (event.key === "Escape") from.blur();
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const to = tileByKey(event.key, from, [...document.querySelectorAll<HTMLElement>(".tile")]);
  if (to === undefined) return;
  event.preventDefault();
  to.focus();
}

function focusFilter(event: KeyboardEvent): void {
  const typing = event.target instanceof HTMLInputElement;
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  document.getElementById("filter")?.focus();
}

const root = document.getElementById("page");
const served = document.getElementById("state")?.textContent;
if (root !== null && served) run(root, JSON.parse(served));
