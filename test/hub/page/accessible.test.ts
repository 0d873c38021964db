import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { ensureTool } from "../../../ops/tools/ensure-tool.ts";
import { until } from "../../support/until.ts";
import { ago, ail, fleetView, kill, ledgerView, withSatellite } from "./fixture.ts";
import { PageServer } from "./page-server.ts";

let browser: Browser;
let server: PageServer;

beforeAll(async () => {
  const executablePath = await ensureTool("chromium", (line) => process.stderr.write(`${line}\n`));
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  server = await PageServer.start(fleetView(), ledgerView());
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await server?.close();
  await browser?.close();
});

const ailing = () =>
  ail(
    ail(ail(fleetView(), "unhealthy", "refused", "TTSService"), "degraded", "slow", "NLUAgent"),
    "unknown",
    "not asked yet",
    "CacheManager",
  );

const deadSatellite = () =>
  withSatellite(fleetView(), { verdict: "dead", since: ago(12_000), reason: "none of its 2 agents answers" });

async function visit(options: Parameters<Browser["newContext"]>[0] = {}): Promise<Page> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  await page.goto(`${server.url}/`);
  // It is there once the script has taken over.
  await page.locator("#filter").waitFor();
  return page;
}

/** Texts whose colour is nearer to what they stand on than AA allows: 4.5:1, and 3:1 for large ones. */
function faintTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const parse = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = (color: string) => {
      const [red = 0, green = 0, blue = 0] = parse(color).map((value) => {
        const part = value / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const groundOf = (element: Element | null): string => {
      if (element === null) return "rgb(255, 255, 255)";
      const { backgroundColor } = getComputedStyle(element);
      return parse(backgroundColor)[3] === 0 ? groundOf(element.parentElement) : backgroundColor;
    };
    const faint: string[] = [];
    for (const element of document.querySelectorAll("body *:not(script, noscript)")) {
      const text = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((n) => n.textContent);
      if (text.join("").trim() === "" || !element.checkVisibility()) continue;
      const { color, fontSize, fontWeight } = getComputedStyle(element);
      const [a, b] = [luminance(color), luminance(groundOf(element))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      const px = Number.parseFloat(fontSize);
      const large = px >= 24 || (px >= 18.66 && Number(fontWeight) >= 700);
      if (ratio < (large ? 3 : 4.5)) faint.push(`${text.join("").trim()}: ${ratio.toFixed(2)}`);
    }
    return faint;
  });
}

for (const colorScheme of ["light", "dark"] as const) {
  it(`every text has 4.5:1 in the ${colorScheme} theme: all well, agents ailing, a machine or a satellite dead, all stale`, async () => {
    for (const fleet of [fleetView(), ailing(), kill(fleetView(), "mainpc"), deadSatellite()]) {
      server.fleet = fleet;
      // Without motion the colours are final at once.
      const page = await visit({ colorScheme, reducedMotion: "reduce" });
      expect(await faintTexts(page)).toEqual([]);
      await page.locator(".page").evaluate((element) => element.setAttribute("class", "page stale"));
      expect(await faintTexts(page)).toEqual([]);
      await page.context().close();
    }
  });
}

it("has one h1, no level of heading left out, one id a thing, and a name for every control", async () => {
  server.fleet = ailing();
  const page = await visit();
  const levels = await page
    .locator("h1, h2, h3, h4")
    .evaluateAll((all) => all.map(({ tagName }) => Number(tagName[1])));
  expect(levels.filter((level) => level === 1)).toHaveLength(1);
  for (const [at, level] of levels.entries()) expect(level - (levels[at - 1] ?? 0)).toBeLessThanOrEqual(1);
  expect(await page.locator("main").count()).toBe(1);
  expect(await page.locator("html").getAttribute("lang")).toBe("en");
  const headline = page.locator(".headline").getByRole("status");
  expect(await headline.textContent()).not.toMatch(/\(\d+ s\)/);
  expect(await page.getByRole("searchbox", { name: "Filter by name, machine or group" }).count()).toBe(1);
  // What a tile is called says the health in a word, not by colour alone.
  expect(await page.getByRole("button", { name: /TTSService.*unhealthy/ }).count()).toBe(1);
  expect(await page.getByRole("button", { name: /AudioCapture.*, healthy/ }).count()).toBe(1);
  const ids = await page.locator("[id]").evaluateAll((all) => all.map(({ id }) => id));
  expect(new Set(ids).size).toBe(ids.length);
});

it("reaches 77 tiles by one Tab stop and arrows, and tells the focused one's reason until Escape", async () => {
  server.fleet = ailing();
  const page = await visit();
  expect(await page.locator('.tile[tabindex="0"]').count()).toBe(1);
  await page.locator('.tile[tabindex="0"]').focus();
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("data-agent"));
  const first = await focused();
  await page.keyboard.press("ArrowRight");
  expect(await focused()).not.toBe(first);
  await page.keyboard.press("ArrowLeft");
  expect(await focused()).toBe(first);
  await page.keyboard.press("ArrowDown");
  const below = await focused();
  expect(below).not.toBe(first);
  await page.keyboard.press("ArrowUp");
  expect(await focused()).toBe(first);
  await page.locator('[data-agent="mainpc/TTSService"]').focus();
  const tip = page.getByRole("tooltip").filter({ hasText: "TTSService" });
  await tip.getByText("refused").waitFor();
  await until("the Tab stop to follow", async () => {
    const stops = await page.locator('.tile[tabindex="0"]').evaluateAll((all) => all.map((one) => one.dataset.agent));
    return stops.length === 1 && stops[0] === "mainpc/TTSService";
  });
  await page.keyboard.press("Escape");
  await tip.waitFor({ state: "hidden" });
});

it("sets a satellite's card below the pair, in line with it, at 390 and 1,300 px", async () => {
  server.fleet = deadSatellite();
  for (const width of [390, 1_300]) {
    const page = await visit({ viewport: { width, height: 800 } });
    const left = (selector: string) =>
      page
        .locator(selector)
        .first()
        .evaluate((one) => one.getBoundingClientRect().left);
    expect(await left(".satellite"), `${width} px`).toBe(await left(".pair > .machine"));
    await page.context().close();
  }
});

it("scrolls in one direction only at 320, 768 and 1,920 px, with a tip open at the edge too", async () => {
  server.fleet = withSatellite(kill(ailing(), "mainpc"));
  for (const width of [320, 768, 1_920]) {
    const page = await visit({ viewport: { width, height: 800 } });
    await page.locator(".tile").nth(2).hover();
    const excess = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(excess, `${width} px`).toBe(0);
    await page.context().close();
  }
});
