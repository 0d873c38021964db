import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { until } from "../../support/until.ts";
import { browse } from "./browse.ts";
import { ago, fleetView, kill, ledgerView, machineOf } from "./fixture.ts";
import { entry, sectionsView, timelineView } from "./sections-fixture.ts";

const { serve, visit } = browse();
const hour = 3_600_000;
const slider = (page: Page) => page.getByRole("slider", { name: "Moment that is shown" });
const then = (page: Page) => page.getByRole("region", { name: /^As it was at/ });
const momentOf = (page: Page) => slider(page).getAttribute("aria-valuetext");

/** A computer so busy that its hub is silent for 3 s has the page look for the other one, which there is none of here. */
const ofScript = (errors: readonly string[]) => errors.filter((error) => !error.includes("ERR_CONNECTION_REFUSED"));

/** As a drag does. */
const dragTo = (page: Page, agoMs: number) =>
  slider(page).evaluate(
    (input: HTMLInputElement, at) => {
      input.value = String(at);
      input.dispatchEvent(new Event("input", { bubbles: true }));
    },
    Date.parse(ago(agoMs)),
  );

it("3 h ago: tells what stood then, marks the nearest event in the list and the moment in the 4 charts, and Escape ends it", async () => {
  const server = await serve(fleetView(), ledgerView(), sectionsView());
  const { page, errors } = await visit(server);
  expect(await momentOf(page)).toBe("now");
  await dragTo(page, 2.8 * hour);
  const panel = then(page);
  await panel.waitFor();
  for (const words of ["hub-lost", "TTSService on pc2, epoch 3", "The headline and everything else stay live"])
    await panel.getByText(words).first().waitFor();
  await panel.getByText("Unhealthy agents 2").waitFor();
  expect(await page.locator('.entry[aria-current="true"]').textContent()).toContain("no beat for 5 s");
  await page.locator("#history-title").scrollIntoViewIfNeeded();
  await until("the mark in 4 charts", async () => {
    const lefts = await page
      .locator(".charts.is-past .u-cursor-x")
      .evaluateAll((all) => all.map((line) => new DOMMatrix(getComputedStyle(line).transform).m41));
    return lefts.length === 4 && lefts.every((left) => left > 0);
  });
  await page.keyboard.press("Escape");
  await panel.waitFor({ state: "detached" });
  await until("now", async () => (await momentOf(page)) === "now");
  expect(await page.locator(".charts.is-past, .entry.is-nearest").count()).toBe(0);
  expect(ofScript(errors)).toEqual([]);
});

it("the headline stays live meanwhile, and once no hub answers nothing is said to be", async () => {
  const server = await serve(fleetView(), ledgerView(), sectionsView());
  const { page } = await visit(server);
  await dragTo(page, 2.8 * hour);
  await then(page).getByText("hub-lost").waitFor();
  server.fleet = kill(server.fleet, "mainpc");
  server.send({ type: "machine", name: "mainpc", machine: machineOf(server.fleet, "mainpc") });
  await page.locator("h1", { hasText: "mainpc is dead since 14:03:22" }).waitFor();
  expect(await momentOf(page)).toMatch(/^11:15:34/);
  await then(page).getByText("The headline and everything else stay live").waitFor();
  await server.close();
  await then(page).getByText("No hub answers: nothing on this page is live now.").waitFor();
});

it("keys go from event to event, by a minute and back to now; buttons do it for a finger", async () => {
  const server = await serve(fleetView(), ledgerView(), sectionsView());
  const { page } = await visit(server, "/", { viewport: { width: 390, height: 844 }, hasTouch: true });
  const is = (begin: string) => until(begin, async () => (await momentOf(page))?.startsWith(begin));
  await slider(page).focus();
  await page.keyboard.press("ArrowDown");
  await is("12:03:34");
  await page.keyboard.press("ArrowDown");
  await is("11:55:34");
  await page.keyboard.press("ArrowLeft");
  await is("11:54:34");
  await page.keyboard.press("ArrowUp");
  await is("11:55:34");
  await page.getByRole("button", { name: "Earlier event" }).tap();
  await is("11:32:34");
  await page.getByRole("button", { name: "Later event" }).tap();
  await is("11:55:34");
  await slider(page).focus();
  await page.keyboard.press("End");
  await is("now");
  await page.getByRole("button", { name: "Earlier event" }).tap();
  await is("12:03:34");
  await page.getByRole("button", { name: "Back to now" }).tap();
  await is("now");
  const sideways = () =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(await sideways()).toBe(0);
});

it("a moment before what is loaded has older pages read until it is known, and what no history holds is unknown", async () => {
  const timeline = { ...timelineView(), reachesBackTo: ago(50 * hour) };
  const server = await serve(fleetView(), ledgerView(), { ...sectionsView(), timeline });
  const { page, errors } = await visit(server);
  await page.getByRole("button", { name: "7 days" }).click();
  await dragTo(page, 48.5 * hour);
  await then(page).getByText("none stood").waitFor();
  expect(server.asked.some((url) => url.includes("/api/v1/timeline?until="))).toBe(true);
  await then(page).getByText("not known: the history is kept from").waitFor();
  await then(page).getByText("TTSService on mainpc, epoch not known").first().waitFor();
  expect(ofScript(errors)).toEqual([]);
});

it("while older pages cannot be read, what is before them is unknown", async () => {
  const server = await serve(fleetView(), ledgerView(), sectionsView());
  const { page } = await visit(server);
  await page.getByText("Load older").waitFor();
  server.unanswered.add("/api/v1/timeline");
  await dragTo(page, 23 * hour);
  const fact = (name: string) => then(page).locator(".fact", { hasText: name }).first();
  await fact("Known").getByText("reading older events").waitFor();
  await fact("Alerts").getByText("not known").waitFor();
  await fact("Link").getByText("not known").waitFor();
});

it("an empty timeline of a young pair can be scrubbed, and a page without a script has no scrubber", async () => {
  const timeline = { ...timelineView(), entries: [], reachesBackTo: ago(2 * hour) };
  const server = await serve(fleetView(), ledgerView(), { ...sectionsView(), timeline });
  const { page, errors } = await visit(server);
  await dragTo(page, hour);
  await then(page).getByText("none stood").waitFor();
  await page.getByText("Nothing of this kind is known.").waitFor();
  expect(ofScript(errors)).toEqual([]);
  const { page: plain } = await visit(server, "/", { javaScriptEnabled: false });
  expect(await plain.locator(".timeline").count()).toBe(1);
  expect(await plain.locator("input, .scrub, button:not(.tile)").count()).toBe(0);
});

it("with 1,000 events it draws 60 of them around the moment and the strip as 4 paths at most", async () => {
  const many = Array.from({ length: 1_000 }, (_, at) =>
    entry(1_000 + at, at * 30_000, "link", "well", "link-healed", "pc2", `word ${at}`),
  );
  const server = await serve(fleetView(), ledgerView(), { ...sectionsView(), timeline: timelineView(...many) });
  const { page, errors } = await visit(server);
  await dragTo(page, 4 * hour);
  await page.locator(".entry.is-nearest", { hasText: "word 480" }).waitFor();
  expect(await page.locator(".entry").count()).toBe(60);
  expect(await page.locator(".scrub-strip path:not(.lane-line)").count()).toBeLessThanOrEqual(4);
  const isInSight = await page.locator(".entry.is-nearest").evaluate((item) => {
    const [inner, outer] = [item, item.closest(".timeline-scroll") ?? item].map((one) => one.getBoundingClientRect());
    return inner !== undefined && outer !== undefined && inner.top >= outer.top && inner.bottom <= outer.bottom;
  });
  expect(isInSight).toBe(true);
  expect(ofScript(errors)).toEqual([]);
});
