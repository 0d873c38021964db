import { expect, it } from "vitest";
import { renderPage } from "../../../hub/page/render.ts";
import { ago, ail, fleetView, kill, ledgerView } from "./fixture.ts";

const stateOf = (page: string) => {
  const json = /<script type="application\/json" id="state">(.*?)<\/script>/s.exec(page)?.[1];
  return JSON.parse(json ?? "");
};

it("a reason with tags, quotes and an end of script stays text in the page and whole in its state", () => {
  const reason = `</script><img src=x onerror="alert('1')"> & <!-- more`;
  const fleet = ail(fleetView(), "unhealthy", reason, "TTSService");
  const page = renderPage(fleet, ledgerView());
  expect(page).not.toContain("<img src=x");
  expect(page).not.toContain("<!-- more");
  expect(page).toContain("&lt;/script&gt;&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; &lt;!-- more");
  expect(stateOf(page)).toEqual({ fleet, ledger: ledgerView(), sections: {} });
});

it("the page has nothing inline that a policy of 'self' would refuse, and asks no other host", () => {
  const page = renderPage(fleetView(), ledgerView());
  expect(page).not.toMatch(/<style|\sstyle=|\son[a-z]+=/);
  const scripts = [...page.matchAll(/<script([^>]*)>/g)].map(([, attributes]) => attributes);
  expect(scripts.every((attributes) => attributes?.includes('src="/assets/') || attributes?.includes("json"))).toBe(
    true,
  );
  const loaded = [...page.matchAll(/(?:<link[^>]*href|src)="([^"]*)"/g)].map(([, address]) => address ?? "");
  expect(loaded.length).toBeGreaterThan(1);
  expect(loaded.filter((address) => !address.startsWith("/assets/") && !address.startsWith("data:"))).toEqual([]);
});

it("the title begins with the state, and the text names both machines and all 77 agents", () => {
  const fleet = kill(fleetView(), "mainpc");
  const page = renderPage(fleet, ledgerView("pc2", 214));
  expect(page).toMatch(/<title>mainpc is dead since/);
  for (const { name, machine } of fleet.agents) expect(page).toContain(`data-agent="${machine}/${name}"`);
  expect(fleet.agents).toHaveLength(77);
  expect(page).toContain("missing 0 · duplicates 0 · copies 1");
});

it("an agent tells how its last scrape went, and one that this hub does not scrape tells nothing of it", () => {
  const fleet = fleetView();
  const [well, failed] = fleet.agents;
  if (well === undefined || failed === undefined) throw new Error("the fleet has agents");
  well.scrape = { ok: true, reason: "", samples: 24, ageMs: 3_000, tookMs: 2 };
  failed.scrape = { ok: false, reason: "an HTML page came with status 200: Error", samples: 0, ageMs: 800, tookMs: 2 };
  const page = renderPage(fleet, ledgerView());
  expect(page).toContain("metrics scraped 3.0 s ago, 24 series");
  expect(page).toContain("scrape of its metrics failed 800 ms ago: an HTML page came with status 200: Error");
  expect(page.match(/metrics (scraped|failed)/g)).toHaveLength(2);
});

it("the page is there though the peer's document or word names a moment that no clock knows", () => {
  const value = { stage: "moving", sinceMs: 1.8e18 };
  const document = { key: "pc2/TutorAgent", revision: "r", at: ago(0), by: "ann", value };
  const last = new Date(8.64e15).toISOString();
  const maintenance = [{ target: "pc2", since: ago(0), until: last, reason: "for ever", by: "ann" }];
  const sections = { migration: { machine: "pc2", documents: [document] } };
  const page = renderPage({ ...fleetView(), maintenance }, ledgerView(), sections);
  expect(page).toContain("for ever");
  expect(page).toContain("<strong>pc2/TutorAgent</strong>");
});
